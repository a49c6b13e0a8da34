#include "fault/draw.hpp"

#include <fmt/format.h>

#include <random>

namespace holdfast::test {
namespace {

constexpr std::array<const char*, 3> moments{"", ", when a renewal is sent", ", when a renewal is answered"};
constexpr std::array<const char*, 5> strikes{"", ", then holdfast is stopped", ", then holdfast is killed",
                                             ", then the guard is killed",
                                             ", then holdfasts and guards stand still for a moment"};

/// The harness sees moments in what passes a proxy, and has to be the one that acts then.
bool has_moment(Fault fault) {
    switch (fault) {
    case Fault::supervisor_killed:
    case Fault::supervisor_stopped:
    case Fault::guard_killed:
    case Fault::both_killed:
    case Fault::nodes_hang:
    case Fault::connections_closed:
    case Fault::requests_dropped:
    case Fault::replies_dropped:
    case Fault::half_open:
    case Fault::late_replies: return true;
    default: return false;
    }
}

} // namespace

std::string Draw::text() const {
    return fmt::format(
        "seed {}: {}, {} node{}, command {}, ttl {}ms, grace {}ms, node timeout {}ms, after {}ms{}{}, detail {}", seed,
        traits().name, nodes, nodes == 1 ? "" : "s", command, ttl.count(), grace.count(), node_timeout.count(),
        after.count(), moments[static_cast<size_t>(moment)], strikes[static_cast<size_t>(strike)], detail);
}

Draw draw(uint64_t seed, std::optional<Fault> fault, std::optional<size_t> nodes) {
    std::mt19937_64 random{seed};
    const auto up_to = [&](milliseconds most) {
        return milliseconds{random() % static_cast<uint64_t>(most.count() + 1)};
    };
    constexpr std::array<size_t, 3> sizes{1, 3, 5};
    Draw drawn;
    drawn.seed = seed;
    drawn.fault = fault.value_or(static_cast<Fault>(seed / sizes.size() % faults.size()));
    drawn.nodes = nodes.value_or(sizes[seed % sizes.size()]);
    // Of one node no minority can fail.
    if (drawn.traits().minority && drawn.nodes == 1) drawn.nodes = sizes[1 + seed / sizes.size() % 2];
    drawn.command = commands[random() % commands.size()];
    // That it does not start is said, and what is said last waits for a reader.
    const bool does_not_start = drawn.fault == Fault::frozen_after_win || drawn.fault == Fault::robbed_before_go;
    if (does_not_start && drawn.command == std::string_view{"full-pipe"}) drawn.command = "stubborn";
    // What leaves the command's group outlives a holdfast that is killed.
    if (drawn.fault == Fault::killed_early) drawn.command = std::array{"plain", "stubborn", "fork"}[random() % 3];
    // The TTL of an inner run is longer than restarted nodes have no vote there.
    if (drawn.fault == Fault::restarted_in_turn && drawn.inner_runs() > 0) drawn.command = "stubborn";
    drawn.ttl = seconds{1} + up_to(seconds{1});
    // As long as it is, nodes that were restarted have no vote, and that has to be waited for.
    if (drawn.fault == Fault::restarted_in_turn) drawn.ttl = seconds{1};
    // A freeze that outlasts the round leaves most of the lease.
    if (drawn.fault == Fault::robbed_before_go) drawn.ttl = seconds{4};
    drawn.grace = up_to(drawn.ttl / 4);
    drawn.node_timeout = drawn.ttl / 10;
    // What nobody notices leaves room for a renewal that failed and one more.
    if (drawn.fault == Fault::nodes_hang_briefly || drawn.fault == Fault::stalled_briefly ||
        drawn.fault == Fault::clients_paused)
        drawn.grace /= 2;
    // One node, which has replicas. What is planned takes a second, and what is not has to be noticed first.
    if (drawn.traits().failover) {
        drawn.nodes = 1;
        drawn.command = "plain";
        drawn.ttl = drawn.traits().planned ? seconds{6} : seconds{30};
        drawn.grace = seconds{1};
        drawn.node_timeout = seconds{1};
    }
    // So short that what the old master had granted has gone from the new one before the Sentinels name it.
    if (drawn.fault == Fault::failover_contention) {
        drawn.ttl = seconds{1};
        drawn.grace = milliseconds{200};
    }
    // An answer that is late is to be later than the kill margin is long.
    if (drawn.fault == Fault::late_replies || drawn.fault == Fault::slow_then_silent) {
        drawn.node_timeout = drawn.ttl / 5;
        drawn.grace /= 4;
    }
    drawn.after = up_to(std::min(drawn.ttl, milliseconds{3000}));
    drawn.detail = static_cast<unsigned>(random() % 1024);
    if (has_moment(drawn.fault)) drawn.moment = static_cast<Moment>(random() % moments.size());
    drawn.answers = 1 + random() % drawn.nodes;
    // A request has to be under way for its answer to be late.
    if (drawn.fault == Fault::late_replies) drawn.moment = Moment::renewal_sent;
    if (drawn.traits().mute) drawn.strike = static_cast<Strike>(random() % strikes.size());
    return drawn;
}

} // namespace holdfast::test
