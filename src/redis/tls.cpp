#include "redis/tls.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/fd.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <new>
#include <vector>

namespace holdfast {

using Kind = NodeFailure::Kind;

namespace {

/// How many bytes may come without any text among them: more than any handshake takes.
constexpr size_t most_without_text = 1 << 18;

Failure unusable(const char* role, const std::string& file, const std::string& why) {
    return {ExitStatus::configuration, fmt::format("cannot read the TLS {} from {}: {}", role, printable(file), why)};
}

void require_readable(const char* role, const std::string& file) {
    if (const Fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC)}; !fd) throw unusable(role, file, errno_text(errno));
}

/// Notes that OpenSSL wants a passphrase, and gives none. Without this function OpenSSL would ask for it at the
/// terminal.
int no_passphrase(char*, int, int, void* wanted) {
    *static_cast<bool*>(wanted) = true;
    return 0;
}

void use_certificate(SSL_CTX* context, const std::string& file, const std::string& key_file) {
    require_readable("certificate", file);
    if (SSL_CTX_use_certificate_chain_file(context, file.c_str()) != 1)
        throw unusable("certificate", file, "there is none in it, in PEM form");
    require_readable("key", key_file);
    bool passphrase_wanted = false;
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, &passphrase_wanted);
    ERR_clear_error();
    const bool read = SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) == 1;
    const auto error = ERR_peek_last_error();
    const bool of_another = ERR_GET_LIB(error) == ERR_LIB_X509 && ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH;
    if (of_another || (read && SSL_CTX_check_private_key(context) != 1))
        throw unusable("key", key_file, fmt::format("it does not belong to the certificate in {}", printable(file)));
    if (passphrase_wanted) throw unusable("key", key_file, "it has a passphrase; holdfast needs one without");
    if (!read)
        throw unusable("key", key_file,
                       key_file == file ? "there is none beside the certificate; name its file with --tls-key"
                                        : "there is none in it, in PEM form");
}

std::string name_of(const X509_NAME* name) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> text{BIO_new(BIO_s_mem()), &BIO_free};
    X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(text.get(), &data);
    return printable({data, static_cast<size_t>(size)});
}

std::string day_of(const ASN1_TIME* time) {
    tm day{};
    ASN1_TIME_to_tm(time, &day);
    return fmt::format("{:04}-{:02}-{:02}", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

/// The hosts that the certificate is for, five at most and then their number; its subject if it names no hosts.
std::string hosts_of(const X509* certificate) {
    constexpr size_t most = 5;
    std::vector<std::string> hosts;
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names{
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        &GENERAL_NAMES_free};
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        int type = 0;
        const auto* value =
            static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
        if (type != GEN_DNS && type != GEN_IPADD) continue;
        const auto* data = ASN1_STRING_get0_data(value);
        const auto size = static_cast<size_t>(ASN1_STRING_length(value));
        std::array<char, INET6_ADDRSTRLEN> address{};
        if (type == GEN_DNS) hosts.push_back(printable({reinterpret_cast<const char*>(data), size}, 80));
        else if (size == 4 || size == 16)
            hosts.emplace_back(::inet_ntop(size == 4 ? AF_INET : AF_INET6, data, address.data(), address.size()));
    }
    if (hosts.empty()) return name_of(X509_get_subject_name(certificate));
    const size_t more = hosts.size() - std::min(hosts.size(), most);
    hosts.resize(hosts.size() - more);
    return fmt::format("{}{}", fmt::join(hosts, ", "), more == 0 ? "" : fmt::format(" and {} more", more));
}

/// What is wrong with the certificate at which OpenSSL's check of `chain` has failed.
std::string distrust(X509_STORE_CTX* chain, const std::string& host, const TlsOptions& options) {
    const int error = X509_STORE_CTX_get_error(chain);
    const X509* certificate = X509_STORE_CTX_get_current_cert(chain);
    if (certificate == nullptr) return "it shows no certificate";
    const std::string whose =
        X509_STORE_CTX_get_error_depth(chain) == 0
            ? "its certificate"
            : fmt::format("the certificate of its authority {}", name_of(X509_get_subject_name(certificate)));
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return fmt::format("{} has expired on {}; renew it", whose, day_of(X509_get0_notAfter(certificate)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return fmt::format("{} is valid only from {} on; is this host's clock right?", whose,
                           day_of(X509_get0_notBefore(certificate)));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return fmt::format("its certificate is for {}, not for {}; write such a name as the host, or as servername=",
                           hosts_of(certificate), printable(host));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: {
        const std::string issuer = name_of(X509_get_issuer_name(certificate));
        if (options.ca.empty())
            return fmt::format("its certificate is by {}, whom this system does not know; name the file of that "
                               "authority with --tls-ca",
                               issuer);
        return fmt::format("its certificate is by {}, who is no authority in {}; name the right file with --tls-ca",
                           issuer, printable(options.ca));
    }
    default: return fmt::format("{} is refused: {}", whose, X509_verify_cert_error_string(error));
    }
}

bool may_be_about_certificates(int alert) {
    constexpr std::array those{SSL_AD_HANDSHAKE_FAILURE,       SSL_AD_NO_CERTIFICATE,      SSL_AD_BAD_CERTIFICATE,
                               SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_REVOKED, SSL_AD_CERTIFICATE_EXPIRED,
                               SSL_AD_CERTIFICATE_UNKNOWN,     SSL_AD_UNKNOWN_CA,          SSL_AD_ACCESS_DENIED,
                               SSL_AD_DECRYPT_ERROR,           SSL_AD_CERTIFICATE_REQUIRED};
    return std::ranges::find(those, alert) != those.end();
}

/// Whether the server's first bytes begin a TLS record, as no Redis answer without TLS does.
bool begins_like_tls(std::string_view bytes) {
    return bytes.front() >= SSL3_RT_CHANGE_CIPHER_SPEC && bytes.front() <= SSL3_RT_APPLICATION_DATA;
}

} // namespace

TlsContext::TlsContext(const TlsOptions& options)
    : options_{options}, stamps_{stamps()}, context_{SSL_CTX_new(TLS_client_method())} {
    if (!context_) throw Failure{ExitStatus::internal, "OpenSSL cannot be initialised"};
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context_.get(), SSL_OP_NO_RENEGOTIATION);
    if (!options.ca.empty()) {
        require_readable("authorities", options.ca);
        if (SSL_CTX_load_verify_file(context_.get(), options.ca.c_str()) != 1)
            throw unusable("authorities", options.ca, "there is none in it, in PEM form");
    } else if (!options.insecure) SSL_CTX_set_default_verify_paths(context_.get());
    if (!options.cert.empty())
        use_certificate(context_.get(), options.cert, options.key.empty() ? options.cert : options.key);
    else if (!options.key.empty())
        throw Failure{ExitStatus::configuration,
                      fmt::format("the TLS key {} is of no use without its certificate; name that with --tls-cert",
                                  printable(options.key))};
}

std::vector<FileStamp> TlsContext::stamps() const {
    return {stamp_of(options_.ca), stamp_of(options_.cert), stamp_of(options_.key)};
}

bool TlsContext::is_outdated() const { return stamps() != stamps_; }

std::shared_ptr<const TlsContext> as_in_files(std::shared_ptr<const TlsContext> context) {
    if (!context->is_outdated()) return context;
    try {
        return std::make_shared<const TlsContext>(context->options());
    } catch (const Failure&) {
        return context;
    }
}

void TlsContext::Free::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

Tls::Tls(std::shared_ptr<const TlsContext> context, const std::string& host)
    : context_{std::move(context)}, host_{context_->options().server_name.empty() ? host
                                                                                  : context_->options().server_name},
      ssl_{SSL_new(context_->get())} {
    BIO* in = BIO_new(BIO_s_mem());
    BIO* out = BIO_new(BIO_s_mem());
    if (!ssl_ || in == nullptr || out == nullptr) throw std::bad_alloc{};
    SSL_set_bio(ssl_.get(), in, out);
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_cert_cb(
        ssl_.get(),
        [](SSL*, void* self) {
            static_cast<Tls*>(self)->asked_for_certificate_ = true;
            return 1;
        },
        this);
    if (!context_->options().insecure)
        SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, [](int ok, X509_STORE_CTX* chain) {
            if (ok == 1) return 1;
            const auto* ssl =
                static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
            auto* self = static_cast<Tls*>(SSL_get_app_data(ssl));
            self->distrust_ = distrust(chain, self->host_, self->context_->options());
            return 0;
        });
    const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host_.c_str()) == 1;
    if (!is_address &&
        (SSL_set1_host(ssl_.get(), host_.c_str()) != 1 || SSL_set_tlsext_host_name(ssl_.get(), host_.c_str()) != 1))
        failure_ = {Kind::no_vote, "its name cannot be that of a TLS server"};
    SSL_set_connect_state(ssl_.get());
    if (!failure_) shake_hands();
}

Tls::~Tls() = default;

void Tls::Free::operator()(SSL* ssl) const { SSL_free(ssl); }

bool Tls::established() const { return !failure_ && SSL_is_init_finished(ssl_.get()) == 1; }

void Tls::shake_hands() {
    ERR_clear_error();
    if (const int result = SSL_do_handshake(ssl_.get()); result != 1) judge(result);
}

std::string Tls::decrypt(std::string_view bytes) {
    if (!std::exchange(anything_came_, true) && !begins_like_tls(bytes))
        failure_ = {Kind::no_vote, "it does not speak TLS there; write redis:// instead of rediss://"};
    if (failure_) return {};
    if (BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size())) !=
        static_cast<int>(bytes.size()))
        throw std::bad_alloc{};
    if (!established()) shake_hands();
    std::string text;
    std::array<char, 16384> buffer{};
    while (established()) {
        ERR_clear_error();
        const int size = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
        if (size > 0) {
            text.append(buffer.data(), static_cast<size_t>(size));
            continue;
        }
        judge(size);
        break;
    }
    // Session tickets and new keys bring no text, and a server could send them without end.
    without_text_ = text.empty() ? without_text_ + bytes.size() : 0;
    if (without_text_ > most_without_text && !failure_)
        failure_ = {Kind::no_vote, "it speaks TLS without end and says nothing"};
    return text;
}

void Tls::encrypt(std::string_view text) {
    if (text.empty() || failure_) return;
    ERR_clear_error();
    if (const int result = SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())); result <= 0)
        judge(result);
}

std::string Tls::outgoing() {
    BIO* out = SSL_get_wbio(ssl_.get());
    std::string bytes(BIO_ctrl_pending(out), '\0');
    if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
}

void Tls::judge(int result) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return;
    if (error == SSL_ERROR_ZERO_RETURN) failure_ = {Kind::unreachable, "it closed the connection"};
    else failure_ = why_it_failed();
}

NodeFailure Tls::why_it_failed() const {
    if (!distrust_.empty()) return {Kind::denied, distrust_};
    const auto error = ERR_peek_error();
    const char* reason = ERR_reason_error_string(error);
    const int alert = ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET;
    if (ERR_GET_LIB(error) != ERR_LIB_SSL || alert <= 0)
        return {Kind::no_vote, fmt::format("TLS fails: {}", reason == nullptr ? "no reason known" : reason)};
    // The error is an alert that the server has sent, so its text is the server's reason.
    const std::string says = printable(SSL_alert_desc_string_long(alert));
    const std::string& ours = context_->options().cert;
    if (!asked_for_certificate_ || !may_be_about_certificates(alert))
        return {Kind::no_vote, fmt::format("it refuses TLS with us: {}", says)};
    if (ours.empty()) return {Kind::denied, "it wants a certificate of ours; give --tls-cert and --tls-key"};
    return {Kind::denied, fmt::format("it refuses our certificate in {} ({})", printable(ours), says)};
}

} // namespace holdfast
