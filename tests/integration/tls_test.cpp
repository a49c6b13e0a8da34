// Nodes behind TLS: what works as without it, and what each failure says.
#include "base/error.hpp"
#include "base/small_file.hpp"
#include "lock/lock.hpp"
#include "lock/revocation.hpp"
#include "support/certificates.hpp"
#include "support/listener.hpp"
#include "support/redis_server.hpp"
#include "support/sole_lock.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

namespace holdfast::test::tls_test {

using namespace std::chrono_literals;

namespace {

constexpr auto nothing_is_enough = [](const Answers&) { return false; };
constexpr auto tls = RedisServer::Listens::tls;

Answer ask(const Node& node, const Request& request = {"PING"}, milliseconds node_timeout = 5s) {
    NodeSet nodes{{node}, node_timeout};
    nodes.resolve();
    return *nodes.ask_all(request, {.enough = nothing_is_enough})[0];
}

bool answers(const Node& node) {
    const Answer answer = ask(node);
    if (!answer.replies) MESSAGE(answer.replies.error().text);
    return answer.replies && answer.replies->front().text == "PONG";
}

NodeFailure failure(const Node& node, milliseconds node_timeout = 5s) {
    const Answer answer = ask(node, {"PING"}, node_timeout);
    REQUIRE_FALSE(answer.replies.has_value());
    return answer.replies.error();
}

std::string text_of(const std::string& file) {
    std::ifstream stream{file};
    return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
}

/// The day as a message shows it, that far from now.
std::string day(std::chrono::hours from_now) {
    const std::time_t then = std::time(nullptr) + std::chrono::seconds{from_now}.count();
    char text[16];
    std::tm utc{};
    std::strftime(text, sizeof text, "%Y-%m-%d", ::gmtime_r(&then, &utc));
    return text;
}

/// A server with a certificate of that authority, for these hosts.
RedisServer server_with(Authority& authority, const std::string& hosts, const Validity& validity = {}) {
    return RedisServer{authority.server_options(authority.sign(hosts, validity)), tls};
}

/// The same, which wants a certificate of its clients.
RedisServer strict_server(Authority& authority, const std::string& protocols) {
    std::vector<std::string> options = authority.server_options(authority.sign());
    options.insert(options.end(), {"--tls-auth-clients", "yes", "--tls-protocols", protocols});
    return RedisServer{options, tls};
}

} // namespace

TEST_CASE("a server with a certificate of a known authority, for the very host, is used, by name and by address") {
    Authority authority;
    const RedisServer server = server_with(authority, "IP:127.0.0.1,DNS:localhost");
    CHECK(answers(server.tls_node({.ca = authority.ca()})));
    CHECK(answers(server.tls_node({.ca = authority.ca()}, "localhost")));
}

TEST_CASE("through a tunnel, the certificate is for the server's name and not for the host that is connected to") {
    Authority authority;
    const RedisServer server = server_with(authority, "DNS:db1.corp.example,DNS:*.cache.example");
    for (const char* name : {"db1.corp.example", "one.cache.example"})
        CHECK(answers(server.tls_node({.ca = authority.ca(), .server_name = name}, "localhost")));
    CHECK(failure(server.tls_node({.ca = authority.ca(), .server_name = "db2"})).text ==
          "its certificate is for db1.corp.example, *.cache.example, not for db2; write such a name as the host, or as "
          "servername=");
}

TEST_CASE("TLS 1.2 will do, and what is older will not") {
    Authority authority;
    std::vector<std::string> options = authority.server_options(authority.sign());
    options.insert(options.end(), {"--tls-protocols", "TLSv1.2"});
    CHECK(answers(RedisServer{options, tls}.tls_node({.ca = authority.ca()})));
    options.back() = "TLSv1.1";
    const NodeFailure old = failure(RedisServer{options, tls}.tls_node({.ca = authority.ca()}));
    CHECK(old.kind == NodeFailure::Kind::no_vote);
    CHECK(old.text == "it refuses TLS with us: protocol version");
}

TEST_CASE("an answer of any size comes through") {
    Authority authority;
    const RedisServer server = server_with(authority, "IP:127.0.0.1");
    server.command({"SETRANGE", "k", "299999", "x"});
    CHECK(ask(server.tls_node({.ca = authority.ca()}), {"GET", "k"}).replies->front().text ==
          std::string(299'999, '\0') + "x");
}

TEST_CASE("an answer that comes together with the end of the connection counts") {
    Authority authority;
    const RedisServer server = server_with(authority, "IP:127.0.0.1");
    NodeSet nodes{{server.tls_node({.ca = authority.ca()})}, 5s};
    nodes.resolve();
    const auto slow_reader = [](const Answers&) {
        std::this_thread::sleep_for(50ms);
        return false;
    };
    const Answers answers = nodes.ask_all({"QUIT"}, {.enough = slow_reader});
    REQUIRE(answers[0]->replies.has_value());
    CHECK(answers[0]->replies->front().text == "OK");
}

TEST_CASE("a certificate that proves nothing is denied, with its reason, and no word is said to whoever shows it") {
    Authority authority;
    Authority other{"other authority"};
    Authority expired{"old authority", {-48h, -24h}};
    const TlsOptions known{.ca = authority.ca()};
    struct Case {
        RedisServer server;
        TlsOptions options;
        std::string host;
        std::string text;
    };
    const Case cases[] = {
        {server_with(authority, "IP:127.0.0.1", {-72h, -48h}), known, "127.0.0.1",
         fmt::format("its certificate has expired on {}; renew it", day(-48h))},
        {server_with(authority, "IP:127.0.0.1", {48h, 72h}), known, "127.0.0.1",
         fmt::format("its certificate is valid only from {} on; is this host's clock right?", day(48h))},
        {server_with(authority, "DNS:db1.example,IP:10.0.0.1"), known, "localhost",
         "its certificate is for db1.example, 10.0.0.1, not for localhost; write such a name as the host, or as "
         "servername="},
        {server_with(authority, "DNS:localhost"), known, "127.0.0.1",
         "its certificate is for localhost, not for 127.0.0.1; write such a name as the host, or as servername="},
        {server_with(authority, "DNS:*.example,DNS:a,DNS:b,DNS:c,DNS:d,DNS:e,IP:::1"), known, "127.0.0.1",
         "its certificate is for *.example, a, b, c, d and 2 more, not for 127.0.0.1; write such a name as the host, "
         "or as servername="},
        {server_with(other, "IP:127.0.0.1"), known, "127.0.0.1",
         fmt::format("its certificate is by CN=other authority, who is no authority in {}; name the right file with "
                     "--tls-ca",
                     authority.ca())},
        {server_with(other, "IP:127.0.0.1"),
         {},
         "127.0.0.1",
         "its certificate is by CN=other authority, whom this system does not know; name the file of that authority "
         "with --tls-ca"},
        {server_with(expired, "IP:127.0.0.1"),
         {.ca = expired.ca()},
         "127.0.0.1",
         fmt::format("the certificate of its authority CN=old authority has expired on {}; renew it", day(-24h))},
    };
    for (const Case& one : cases) {
        Node node = one.server.tls_node(one.options, one.host);
        node.password = Secret{"geheim"};
        const NodeFailure what = failure(node);
        CHECK(what.text == one.text);
        CHECK(what.kind == NodeFailure::Kind::denied);
        // Our own look at it is the only command that it ever got: HELLO, and this.
        CHECK(one.server.text({"INFO", "commandstats"}).find("cmdstat_hello:calls=1,") != std::string::npos);
    }
}

TEST_CASE("the files are read again for each connection, and while one makes no sense, what was read before goes on") {
    Authority authority;
    Authority other{"other authority"};
    const RedisServer server = server_with(authority, "IP:127.0.0.1");
    const TempDir dir;
    const std::string ca = dir.write("ca.pem", "");
    const auto replace = [&](const std::string& pem) {
        const FileStamp before = stamp_of(ca);
        // A file system may see no difference between two changes that follow each other at once.
        REQUIRE(eventually([&] {
            dir.write("ca.pem", pem);
            return stamp_of(ca) != before;
        }));
    };
    replace(text_of(other.ca()));
    NodeSet nodes{{server.tls_node({.ca = ca})}, 5s};
    nodes.resolve();
    const auto answers = [&] {
        server.command({"CLIENT", "KILL", "TYPE", "normal"});
        return nodes.ask_all({"PING"}, {.enough = nothing_is_enough})[0]->replies.has_value();
    };
    CHECK_FALSE(answers());
    replace(text_of(authority.ca()));
    CHECK(answers());
    replace("no certificate");
    CHECK(answers());
    std::filesystem::remove(ca);
    CHECK(answers());
    replace(text_of(other.ca()));
    CHECK_FALSE(answers());
}

TEST_CASE("who says so is spared all that") {
    Authority authority;
    const RedisServer server = server_with(authority, "DNS:elsewhere", {-48h, -24h});
    CHECK(answers(server.tls_node({.insecure = true})));
}

TEST_CASE("a server that answers TLS in plain words is told from one that only listens") {
    Listener listener{8};
    Node node;
    node.host = "127.0.0.1";
    node.port = listener.port();
    node.tls.emplace();
    NodeSet nodes{{node}, 5s};
    nodes.resolve();
    Fd server;
    const auto answer = [&] {
        server = Fd{::accept(listener.fd(), nullptr, nullptr)};
        ::send(server.get(), "-ERR unknown command\r\n", 22, MSG_NOSIGNAL);
    };
    const Answers answers = nodes.ask_all({"PING"}, {.enough = nothing_is_enough, .meanwhile = answer});
    CHECK(answers[0]->replies.error().kind == NodeFailure::Kind::no_vote);
    CHECK(answers[0]->replies.error().text == "it does not speak TLS there; write redis:// instead of rediss://");

    // As redis-server does without TLS: it waits for the end of what it takes for a line.
    const BootTime start = BootClock::now();
    const NodeFailure hung = failure(node, 100ms);
    CHECK(hung.kind == NodeFailure::Kind::timeout);
    CHECK(hung.text == "no TLS with it in 1s; if it speaks none, write redis:// instead of rediss://");
    CHECK(BootClock::now() - start >= 1s);
}

TEST_CASE("a server that wants to know its clients is shown our certificate, and says what is wrong with it") {
    Authority authority;
    Authority other{"other authority"};
    for (const char* protocols : {"TLSv1.2", "TLSv1.3"}) {
        CAPTURE(protocols);
        const RedisServer server = strict_server(authority, protocols);
        const CertificateFiles ours = authority.sign("DNS:client");
        CHECK(answers(server.tls_node({.ca = authority.ca(), .cert = ours.cert, .key = ours.key})));

        const NodeFailure none = failure(server.tls_node({.ca = authority.ca()}));
        CHECK(none.kind == NodeFailure::Kind::denied);
        CHECK(none.text == "it wants a certificate of ours; give --tls-cert and --tls-key");

        const CertificateFiles strange = other.sign("DNS:client");
        const NodeFailure unknown =
            failure(server.tls_node({.ca = authority.ca(), .cert = strange.cert, .key = strange.key}));
        CHECK(unknown.kind == NodeFailure::Kind::denied);
        CHECK(unknown.text == fmt::format("it refuses our certificate in {} (unknown CA)", strange.cert));
    }
}

TEST_CASE("files that cannot be used are named before any node is asked") {
    Authority authority;
    const TempDir dir;
    const CertificateFiles ours = authority.sign();
    const CertificateFiles others = authority.sign();
    const std::string none = dir.file("none");
    const std::string text = dir.write("text", "no certificate\n");
    const std::string locked = dir.write("locked", "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                                                   "DEK-Info: AES-128-CBC,000102030405060708090A0B0C0D0E0F\n\n"
                                                   "AAAAAAAAAAAAAAAAAAAAAA==\n-----END EC PRIVATE KEY-----\n");
    const std::pair<TlsOptions, std::string> cases[] = {
        {{.ca = none}, fmt::format("cannot read the TLS authorities from {}: no such file or directory", none)},
        {{.ca = text}, fmt::format("cannot read the TLS authorities from {}: there is none in it, in PEM form", text)},
        {{.cert = none, .key = ours.key},
         fmt::format("cannot read the TLS certificate from {}: no such file or directory", none)},
        {{.cert = text, .key = ours.key},
         fmt::format("cannot read the TLS certificate from {}: there is none in it, in PEM form", text)},
        {{.cert = ours.cert, .key = none},
         fmt::format("cannot read the TLS key from {}: no such file or directory", none)},
        {{.cert = ours.cert, .key = text},
         fmt::format("cannot read the TLS key from {}: there is none in it, in PEM form", text)},
        {{.cert = ours.cert, .key = locked},
         fmt::format("cannot read the TLS key from {}: it has a passphrase; holdfast needs one without", locked)},
        {{.cert = ours.cert, .key = others.key},
         fmt::format("cannot read the TLS key from {}: it does not belong to the certificate in {}", others.key,
                     ours.cert)},
        {{.cert = ours.cert},
         fmt::format("cannot read the TLS key from {}: there is none beside the certificate; name its file with "
                     "--tls-key",
                     ours.cert)},
        {{.key = ours.key},
         fmt::format("the TLS key {} is of no use without its certificate; name that with --tls-cert", ours.key)},
    };
    for (const auto& [options, sentence] : cases) {
        Node node;
        node.host = "127.0.0.1";
        node.tls = options;
        CAPTURE(sentence);
        try {
            const NodeSet nodes{{node}, 1s};
            FAIL("the file was accepted");
        } catch (const Failure& refused) {
            CHECK(refused.what() == sentence);
            CHECK(refused.status() == ExitStatus::configuration);
        }
    }
}

TEST_CASE("an overdue answer closes a connection with TLS too, and the next one begins anew") {
    Authority authority;
    RedisServer server = server_with(authority, "IP:127.0.0.1");
    NodeSet nodes{{server.tls_node({.ca = authority.ca()})}, 200ms};
    nodes.resolve();
    REQUIRE(nodes.ask_all({"PING"}, {.enough = nothing_is_enough})[0]->replies.has_value());
    server.pause();
    CHECK(nodes.ask_all({"ECHO", "first"}, {.enough = nothing_is_enough})[0]->replies.error().text ==
          "no answer in 200ms");
    server.resume();
    const Answers next = nodes.ask_all({"ECHO", "second"}, {.enough = nothing_is_enough});
    REQUIRE(next[0]->replies.has_value());
    CHECK(next[0]->replies->front().text == "second");
    server.command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    const auto again = [&] { return nodes.ask_all({"PING"}, {.enough = nothing_is_enough})[0]->replies.has_value(); };
    CHECK(eventually(again));
}

TEST_CASE("a server that changes its keys without end is not listened to without end") {
    Authority authority;
    const CertificateFiles files = authority.sign();
    const Listener listener{1};
    std::thread server{[&] {
        sigset_t broken_pipe;
        sigemptyset(&broken_pipe);
        sigaddset(&broken_pipe, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
        const Fd client{::accept(listener.fd(), nullptr, nullptr)};
        const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
        SSL_CTX_use_certificate_file(context.get(), files.cert.c_str(), SSL_FILETYPE_PEM);
        SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM);
        const std::unique_ptr<SSL, void (*)(SSL*)> ssl{SSL_new(context.get()), &SSL_free};
        SSL_set_fd(ssl.get(), client.get());
        SSL_accept(ssl.get());
        char buffer[4096];
        SSL_read(ssl.get(), buffer, sizeof buffer);
        const std::string master = "%1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n";
        SSL_write(ssl.get(), master.data(), static_cast<int>(master.size()));
        while (SSL_key_update(ssl.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(ssl.get()) == 1) {
        }
    }};
    Node node;
    node.host = "127.0.0.1";
    node.port = listener.port();
    node.tls = TlsOptions{.ca = authority.ca()};
    {
        NodeSet nodes{{node}, 60s};
        nodes.resolve();
        nodes.ask_all({"PING"}, {.enough = nothing_is_enough, .deadline = BootClock::now() + 200ms});
        CHECK(eventually([&] {
            nodes.take_messages();
            return nodes[0].number() == 2;
        }));
    }
    server.join();
}

TEST_CASE("the lock over TLS: taken, renewed, taken away by a message, released, on one node and on three") {
    Authority authority;
    const CertificateFiles files = authority.sign();
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        std::vector<std::unique_ptr<RedisServer>> servers;
        std::vector<Node> nodes;
        while (servers.size() < n) {
            servers.push_back(std::make_unique<RedisServer>(authority.server_options(files), tls));
            nodes.push_back(servers.back()->tls_node({.ca = authority.ca()}));
        }
        const LockKey key{"x", "holdfast:"};
        const auto keys_held = [&] {
            return std::ranges::count_if(servers, [](auto& server) {
                return server->text({"EXISTS", "holdfast:x"}) == "1";
            });
        };
        const auto lock_on_them = [&] {
            SoleLock lock{NodeSet{nodes, 2s}, key, {Timing{30s, 0ms, 2s}}, this_process("job", 30s)};
            lock.nodes().resolve();
            return lock;
        };
        SoleLock lock = lock_on_them();
        REQUIRE(lock.try_once().outcome == Outcome::won);
        const auto won = lock.valid_until();
        lock.listen_for_revocation();
        CHECK(lock.extend([] {}) == Renewal::held);
        CHECK(lock.valid_until() > won);
        CHECK(keys_held() == static_cast<long>(n));
        CHECK(lock_on_them().try_once().outcome == Outcome::held);

        NodeSet operators{nodes, 2s};
        operators.resolve();
        REQUIRE(revoke(operators, key, inspect(operators, key).record, "somebody has", Mode::scripts).outcome ==
                Revocation::Outcome::revoked);
        lock.nodes().wait(BootClock::now() + patience, -1);
        CHECK(lock.told_of_revocation(lock.nodes().take_messages()));
        CHECK(lock.taken_away() == "somebody has");
        CHECK(lock.extend([] {}) == Renewal::lost);

        SoleLock next = lock_on_them();
        REQUIRE(next.try_once().outcome == Outcome::won);
        CHECK(next.release());
        CHECK(eventually([&] { return keys_held() == 0; }));
    }
}

} // namespace holdfast::test::tls_test
