#include "support/proxy_server.hpp"

#include "base/fd.hpp"
#include "support/redis_server.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <csignal>
#include <stdexcept>

namespace holdfast::test {
namespace {

bool accepts(int port) {
    const Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

} // namespace

ProxyServer::ProxyServer() : port_{free_port()} {}

void ProxyServer::start(std::vector<std::string> words) {
    process_ = std::make_unique<Process>(std::move(words),
                                         ProcessOptions{.in_child = [] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }});
    if (!eventually([&] { return accepts(port_); })) throw std::runtime_error{"the proxy does not start"};
}

ProxyServer ProxyServer::haproxy(const std::string& mode, int server_port) {
    ProxyServer proxy;
    const std::string server = server_port == 0 ? "" : fmt::format("  server s 127.0.0.1:{}\n", server_port);
    proxy.start(
        {"/usr/sbin/haproxy", "-db", "-f",
         proxy.dir_->write("conf", fmt::format("defaults\n  mode {}\n  timeout connect 1s\n  timeout client 1m\n"
                                               "  timeout server 1m\nlisten l\n  bind 127.0.0.1:{}\n{}",
                                               mode, proxy.port_, server))});
    return proxy;
}

ProxyServer ProxyServer::stunnel(int server_port, const CertificateFiles& files) {
    ProxyServer proxy;
    proxy.start(
        {"stunnel4", proxy.dir_->write("conf", fmt::format("foreground = yes\npid =\n[s]\naccept = 127.0.0.1:{}\n"
                                                           "connect = 127.0.0.1:{}\ncert = {}\nkey = {}\n",
                                                           proxy.port_, server_port, files.cert, files.key))});
    return proxy;
}

ProxyServer ProxyServer::twemproxy(int server_port, const std::string& more) {
    ProxyServer proxy;
    const std::string conf = fmt::format("p:\n  listen: 127.0.0.1:{}\n  redis: true\n  distribution: ketama\n"
                                         "  hash: fnv1a_64\n{}  servers:\n   - 127.0.0.1:{}:1\n",
                                         proxy.port_, more, server_port);
    // Its statistics take a port as well.
    proxy.start({"/usr/sbin/nutcracker", "-c", proxy.dir_->write("conf", conf), "-a", "127.0.0.1", "-s",
                 std::to_string(free_port())});
    return proxy;
}

} // namespace holdfast::test
