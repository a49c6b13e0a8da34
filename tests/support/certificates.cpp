#include "support/certificates.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace holdfast::test {
namespace {

void require(bool done) {
    if (!done) throw std::runtime_error{"OpenSSL cannot make a certificate"};
}

void add_extension(X509* cert, X509* issuer, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension{
        X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()), &X509_EXTENSION_free};
    require(extension && X509_add_ext(cert, extension.get(), -1) == 1);
}

/// Not signed yet.
X509* new_certificate(const std::string& name, int serial, EVP_PKEY* key, const Validity& validity) {
    X509* cert = X509_new();
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), std::chrono::seconds{validity.from}.count());
    X509_gmtime_adj(X509_getm_notAfter(cert), std::chrono::seconds{validity.until}.count());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_pubkey(cert, key);
    return cert;
}

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

void write_certificate(const std::string& path, X509* cert) {
    const File file{std::fopen(path.c_str(), "w")};
    require(file && PEM_write_X509(file.get(), cert) == 1);
}

void write_key(const std::string& path, EVP_PKEY* key) {
    const File file{std::fopen(path.c_str(), "w")};
    require(file && PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
}

} // namespace

Authority::Authority(const std::string& name, const Validity& validity)
    : key_{EVP_EC_gen("P-256"), &EVP_PKEY_free}, cert_{new_certificate(name, 1, key_.get(), validity), &X509_free} {
    X509_set_issuer_name(cert_.get(), X509_get_subject_name(cert_.get()));
    add_extension(cert_.get(), cert_.get(), NID_basic_constraints, "critical,CA:TRUE");
    require(X509_sign(cert_.get(), key_.get(), EVP_sha256()) > 0);
    write_certificate(ca(), cert_.get());
}

Authority::~Authority() = default;

CertificateFiles Authority::sign(const std::string& hosts, const Validity& validity) {
    const int number = ++signed_;
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
    const std::unique_ptr<X509, decltype(&X509_free)> cert{
        new_certificate(fmt::format("test {}", number), number + 1, key.get(), validity), &X509_free};
    X509_set_issuer_name(cert.get(), X509_get_subject_name(cert_.get()));
    add_extension(cert.get(), cert_.get(), NID_subject_alt_name, hosts);
    require(X509_sign(cert.get(), key_.get(), EVP_sha256()) > 0);
    CertificateFiles files{dir_.file(fmt::format("{}.pem", number)), dir_.file(fmt::format("{}.key", number))};
    write_certificate(files.cert, cert.get());
    write_key(files.key, key.get());
    return files;
}

std::vector<std::string> Authority::server_options(const CertificateFiles& files) const {
    return {"--tls-cert-file",    files.cert, "--tls-key-file",     files.key,
            "--tls-ca-cert-file", ca(),       "--tls-auth-clients", "no"};
}

} // namespace holdfast::test
