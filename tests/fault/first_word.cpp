#include "fault/first_word.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>

namespace holdfast::test {
namespace {

Fd connected_to(int port) {
    Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error{"a Sentinel does not listen"};
    return fd;
}

} // namespace

FirstWord::FirstWord(const Sentinels& group) {
    constexpr std::string_view request = "SUBSCRIBE +switch-master\r\n";
    for (size_t i = 0; i < Sentinels::count; ++i) {
        ears_.push_back(connected_to(group.port(i)));
        if (::write(ears_.back().get(), request.data(), request.size()) < 0) throw std::runtime_error{"cannot ask"};
        std::string answer;
        std::array<char, 256> buffer{};
        while (!answer.ends_with(":1\r\n")) {
            const ssize_t size = ::read(ears_.back().get(), buffer.data(), buffer.size());
            if (size <= 0) throw std::runtime_error{"a Sentinel tells nothing"};
            answer.append(buffer.data(), static_cast<size_t>(size));
        }
    }
}

BootTime FirstWord::wait() const {
    std::vector<pollfd> fds;
    for (const Fd& ear : ears_) fds.push_back({ear.get(), POLLIN, 0});
    if (::poll(fds.data(), fds.size(), static_cast<int>(milliseconds{patience}.count())) <= 0)
        throw std::runtime_error{"no Sentinel tells of a switch"};
    return BootClock::now();
}

} // namespace holdfast::test
