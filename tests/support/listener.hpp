// A socket on a free loopback port behind which nobody answers.
#pragma once

#include "base/fd.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>

namespace holdfast::test {

class Listener {
  public:
    explicit Listener(int backlog) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        if (::bind(fd_.get(), address(), size) != 0 || ::listen(fd_.get(), backlog) != 0 ||
            ::getsockname(fd_.get(), address(), &size) != 0)
            throw std::runtime_error{"cannot listen"};
    }

    int fd() const { return fd_.get(); }
    uint16_t port() const { return ntohs(address_.sin_port); }
    /// A connection that stays open for as long as the result lives, and is not waited for.
    Fd connect() {
        Fd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        ::connect(client.get(), address(), sizeof address_);
        return client;
    }

  private:
    sockaddr* address() { return reinterpret_cast<sockaddr*>(&address_); }

    Fd fd_;
    sockaddr_in address_{};
};

} // namespace holdfast::test
