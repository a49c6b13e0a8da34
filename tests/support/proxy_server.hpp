// Real proxies before a server: haproxy, stunnel, twemproxy, on a free loopback port, in a folder of the test's own.
#pragma once

#include "support/certificates.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <memory>
#include <string>

namespace holdfast::test {

class ProxyServer {
  public:
    /// haproxy that hands bytes on (tcp), or speaks HTTP; without a server behind it if `server_port` is 0.
    static ProxyServer haproxy(const std::string& mode, int server_port);
    /// stunnel, which speaks TLS with such a certificate.
    static ProxyServer stunnel(int server_port, const CertificateFiles&);
    /// twemproxy; `more` are further lines of its pool's configuration.
    static ProxyServer twemproxy(int server_port, const std::string& more = "");

    int port() const { return port_; }
    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    std::string uri() const { return "redis://" + address(); }

  private:
    ProxyServer();
    /// Returns when the proxy accepts connections.
    void start(std::vector<std::string> words);

    std::unique_ptr<TempDir> dir_ = std::make_unique<TempDir>();
    int port_;
    std::unique_ptr<Process> process_;
};

} // namespace holdfast::test
