#include "fault/network.hpp"

#include "base/error.hpp"
#include "base/fd.hpp"
#include "support/process.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sched.h>
#include <stdexcept>

namespace holdfast::test {
namespace {

/// A queue for no packet at all, at the loopback interface.
struct QueueRequest {
    nlmsghdr header{};
    tcmsg message{};
    rtattr kind{RTA_LENGTH(8), TCA_KIND};
    char name[8] = "pfifo";
    rtattr options{RTA_LENGTH(sizeof(tc_fifo_qopt)), TCA_OPTIONS};
    tc_fifo_qopt limit{0};
};

void ask_kernel(unsigned short type, int flags) {
    QueueRequest request;
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = type;
    request.header.nlmsg_flags = static_cast<unsigned short>(NLM_F_REQUEST | NLM_F_ACK | flags);
    request.message.tcm_ifindex = static_cast<int>(::if_nametoindex("lo"));
    request.message.tcm_parent = TC_H_ROOT;
    const Fd netlink{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
    struct {
        nlmsghdr header;
        nlmsgerr error;
        QueueRequest echo;
    } answer{};
    if (::send(netlink.get(), &request, sizeof request, 0) != sizeof request ||
        ::recv(netlink.get(), &answer, sizeof answer, 0) < 0)
        throw system_failure("cannot talk to the kernel about queues");
    errno = -answer.error.error;
    if (answer.header.nlmsg_type != NLMSG_ERROR || errno != 0) throw system_failure("cannot drop packets");
}

bool loopback_up() {
    const Fd any{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    if (::ioctl(any.get(), SIOCGIFFLAGS, &request) != 0) return false;
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    return ::ioctl(any.get(), SIOCSIFFLAGS, &request) == 0;
}

} // namespace

std::optional<std::string> enter_own_network() {
    const uid_t user = ::geteuid();
    const gid_t group = ::getegid();
    if (::unshare(CLONE_NEWNET) != 0) {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return errno_text(errno);
        std::ofstream{"/proc/self/setgroups"} << "deny";
        std::ofstream{"/proc/self/uid_map"} << fmt::format("{0} {0} 1", user);
        std::ofstream{"/proc/self/gid_map"} << fmt::format("{0} {0} 1", group);
    }
    if (!loopback_up()) return errno_text(errno);
    return {};
}

std::optional<std::string> no_packet_filter() {
    if (finish({"nft", "list", "ruleset"}).status() != 0) return "nft(8) is missing, or may not be used";
    return {};
}

void lose_packets(Direction direction, const std::vector<uint16_t>& ports) {
    const std::string rules =
        fmt::format("table inet lost {{ chain in {{ type filter hook input priority 0; tcp {} {{ {} }} drop; }}; }}",
                    direction == Direction::to ? "dport" : "sport", fmt::join(ports, ", "));
    const Finished nft = finish({"nft", rules});
    if (nft.status() != 0) throw std::runtime_error{"cannot drop packets: " + nft.err};
}

void find_packets() { finish({"nft", "delete", "table", "inet", "lost"}); }

void silence_network() { ask_kernel(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL); }
void heal_network() { ask_kernel(RTM_DELQDISC, 0); }

} // namespace holdfast::test
