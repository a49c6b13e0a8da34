// Certificates of a test's own: an authority, and what it signs. PEM files in a folder of the test's.
#pragma once

#include "redis/node.hpp"
#include "support/temp_dir.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace holdfast::test {

struct CertificateFiles {
    std::string cert;
    std::string key;
};

/// From and until when a certificate is valid, counted from now.
struct Validity {
    std::chrono::hours from{-24};
    std::chrono::hours until{24};
};

class Authority {
  public:
    explicit Authority(const std::string& name = "test authority", const Validity& validity = {});
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;
    ~Authority();

    /// The file that whoever trusts it has to know.
    std::string ca() const { return dir_.file("ca.pem"); }
    /// A certificate for these hosts, in the syntax of openssl's subjectAltName: "DNS:localhost", "IP:127.0.0.1".
    CertificateFiles sign(const std::string& hosts = "IP:127.0.0.1,DNS:localhost", const Validity& validity = {});
    /// Options of a redis-server with such a certificate, which asks its clients for none.
    std::vector<std::string> server_options(const CertificateFiles&) const;

  private:
    TempDir dir_;
    std::unique_ptr<evp_pkey_st, void (*)(evp_pkey_st*)> key_;
    std::unique_ptr<x509_st, void (*)(x509_st*)> cert_;
    int signed_ = 0;
};

} // namespace holdfast::test
