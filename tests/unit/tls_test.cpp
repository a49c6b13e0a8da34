// TLS without a network: between our end and an OpenSSL server, byte by byte.
#include "redis/tls.hpp"
#include "support/certificates.hpp"

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <array>

namespace holdfast::test::tls_test {

namespace {

class Server {
  public:
    explicit Server(const CertificateFiles& files)
        : context_{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free}, ssl_{nullptr, &SSL_free} {
        SSL_CTX_use_certificate_file(context_.get(), files.cert.c_str(), SSL_FILETYPE_PEM);
        SSL_CTX_use_PrivateKey_file(context_.get(), files.key.c_str(), SSL_FILETYPE_PEM);
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_accept_state(ssl_.get());
    }

    std::string take(std::string_view bytes) {
        BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
        std::array<char, 4096> buffer{};
        const int size = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
        return size > 0 ? std::string(buffer.data(), static_cast<size_t>(size)) : "";
    }
    std::string say(std::string_view text) {
        SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
        return outgoing();
    }
    std::string outgoing() {
        BIO* out = SSL_get_wbio(ssl_.get());
        std::string bytes(BIO_ctrl_pending(out), '\0');
        BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
        return bytes;
    }
    SSL* ssl() { return ssl_.get(); }

  private:
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
    std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
};

/// Hands over in pieces of one byte; gives the text in them.
std::string decrypt_slowly(Tls& tls, const std::string& bytes) {
    std::string text;
    for (const char& byte : bytes) text += tls.decrypt({&byte, 1});
    return text;
}

struct Pair {
    Authority authority{};
    Server server{authority.sign("DNS:db1")};
    Tls ours{std::make_shared<const TlsContext>(TlsOptions{.ca = authority.ca()}), "db1"};

    void shake_hands() {
        for (int flights = 0; flights < 3 && !ours.established(); ++flights) {
            server.take(ours.outgoing());
            decrypt_slowly(ours, server.outgoing());
        }
        REQUIRE(ours.established());
        server.take(ours.outgoing());
        // Tickets.
        CHECK(decrypt_slowly(ours, server.outgoing()).empty());
    }
};

} // namespace

TEST_CASE("text goes through TLS in pieces of any size, and the host's name is said") {
    Pair pair;
    pair.shake_hands();
    CHECK(SSL_get_servername(pair.server.ssl(), TLSEXT_NAMETYPE_host_name) == std::string{"db1"});
    CHECK(SSL_version(pair.server.ssl()) == TLS1_3_VERSION);
    pair.ours.encrypt("PING\r\n");
    CHECK(pair.server.take(pair.ours.outgoing()) == "PING\r\n");
    std::string bytes = pair.server.say("+PONG\r\n");
    bytes += pair.server.say("+more\r\n");
    CHECK(decrypt_slowly(pair.ours, bytes) == "+PONG\r\n+more\r\n");
    CHECK_FALSE(pair.ours.failure().has_value());
}

TEST_CASE("TLS 1.1 is not spoken, not even where OpenSSL would") {
    Authority authority;
    Server server{authority.sign("DNS:db1")};
    const auto context = std::make_shared<const TlsContext>(TlsOptions{.ca = authority.ca()});
    SSL_CTX_set_cipher_list(context->get(), "ALL:@SECLEVEL=0");
    SSL_set_cipher_list(server.ssl(), "ALL:@SECLEVEL=0");
    SSL_set_max_proto_version(server.ssl(), TLS1_1_VERSION);
    Tls ours{context, "db1"};
    for (int flights = 0; flights < 3 && !ours.failure(); ++flights) {
        server.take(ours.outgoing());
        ours.decrypt(server.outgoing());
    }
    CHECK_FALSE(ours.established());
    REQUIRE(ours.failure().has_value());
    CHECK(ours.failure()->text == "it refuses TLS with us: protocol version");
}

TEST_CASE("keys are changed when the server asks for it") {
    Pair pair;
    pair.shake_hands();
    SSL_key_update(pair.server.ssl(), SSL_KEY_UPDATE_REQUESTED);
    CHECK(pair.ours.decrypt(pair.server.say("+first\r\n")) == "+first\r\n");
    pair.ours.encrypt("PING\r\n");
    CHECK(pair.server.take(pair.ours.outgoing()) == "PING\r\n");
}

TEST_CASE("a server that changes its keys without end is not listened to without end") {
    Pair pair;
    pair.shake_hands();
    size_t bytes = 0;
    while (!pair.ours.failure() && bytes < 1'000'000) {
        SSL_key_update(pair.server.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
        SSL_do_handshake(pair.server.ssl());
        const std::string update = pair.server.outgoing();
        bytes += update.size();
        CHECK(pair.ours.decrypt(update).empty());
    }
    REQUIRE(pair.ours.failure().has_value());
    CHECK(pair.ours.failure()->kind == NodeFailure::Kind::no_vote);
    CHECK(pair.ours.failure()->text == "it speaks TLS without end and says nothing");
}

TEST_CASE("any number of tickets and new keys is fine while there is text between them") {
    Pair pair;
    pair.shake_hands();
    for (size_t bytes = 0; bytes < 1'000'000;) {
        for (int i = 0; i < 100; ++i) SSL_key_update(pair.server.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
        const std::string text = pair.server.say(std::string(10'000, 'x'));
        bytes += text.size();
        REQUIRE(pair.ours.decrypt(text).size() == 10'000);
    }
}

TEST_CASE("a byte that was changed on the way ends it, and nothing of its record is believed") {
    Pair pair;
    pair.shake_hands();
    std::string bytes = pair.server.say("+first\r\n");
    bytes += pair.server.say("+second\r\n");
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    CHECK(pair.ours.decrypt(bytes) == "+first\r\n");
    REQUIRE(pair.ours.failure().has_value());
    CHECK(pair.ours.failure()->kind == NodeFailure::Kind::no_vote);
    CHECK(pair.ours.decrypt(pair.server.say("+third\r\n")).empty());
}

TEST_CASE("an end that the server announces comes behind what it said before") {
    Pair pair;
    pair.shake_hands();
    std::string bytes = pair.server.say("+last\r\n");
    SSL_shutdown(pair.server.ssl());
    bytes += pair.server.outgoing();
    CHECK(pair.ours.decrypt(bytes) == "+last\r\n");
    REQUIRE(pair.ours.failure().has_value());
    CHECK(pair.ours.failure()->kind == NodeFailure::Kind::unreachable);
    CHECK(pair.ours.failure()->text == "it closed the connection");
}

TEST_CASE("an address is not said as a name") {
    Authority authority;
    Server server{authority.sign("IP:::1")};
    Tls ours{std::make_shared<const TlsContext>(TlsOptions{.ca = authority.ca()}), "::1"};
    server.take(ours.outgoing());
    CHECK(SSL_get_servername(server.ssl(), TLSEXT_NAMETYPE_host_name) == nullptr);
    decrypt_slowly(ours, server.outgoing());
    CHECK(ours.established());
}

TEST_CASE("a server name goes before the host, in what is asked for and in what is checked") {
    Authority authority;
    Server server{authority.sign("DNS:db1.example")};
    Tls ours{std::make_shared<const TlsContext>(TlsOptions{.ca = authority.ca(), .server_name = "db1.example"}),
             "127.0.0.1"};
    server.take(ours.outgoing());
    CHECK(std::string{SSL_get_servername(server.ssl(), TLSEXT_NAMETYPE_host_name)} == "db1.example");
    decrypt_slowly(ours, server.outgoing());
    CHECK(ours.established());
}

TEST_CASE("the server learns why it is not trusted") {
    Authority authority;
    Server server{authority.sign("DNS:db2")};
    Tls ours{std::make_shared<const TlsContext>(TlsOptions{.ca = authority.ca()}), "db1"};
    server.take(ours.outgoing());
    ours.decrypt(server.outgoing());
    CHECK_FALSE(ours.established());
    REQUIRE(ours.failure().has_value());
    CHECK(ours.failure()->text == "its certificate is for db2, not for db1; write such a name as the host, or as "
                                  "servername=");
    CHECK_FALSE(ours.outgoing().empty());
}

TEST_CASE("a host that is too long for a name is no TLS server's, and nothing is said to it") {
    const std::string host(300, 'a');
    Tls tls{std::make_shared<const TlsContext>(TlsOptions{}), host};
    REQUIRE(tls.failure().has_value());
    CHECK(tls.failure()->text == "its name cannot be that of a TLS server");
    CHECK_FALSE(tls.established());
    CHECK(tls.outgoing().empty());
}

} // namespace holdfast::test::tls_test
