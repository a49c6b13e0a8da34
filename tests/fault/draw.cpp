#include "fault/draw.hpp"

#include <fmt/format.h>

#include <random>

namespace holdfast::test {

std::string Draw::text() const {
    return fmt::format("seed {}: {}, {} node{}, command {}, ttl {}ms, grace {}ms, after {}ms", seed, traits().name,
                       nodes, nodes == 1 ? "" : "s", command, ttl.count(), grace.count(), after.count());
}

Draw draw(uint64_t seed, std::optional<Fault> fault, std::optional<size_t> nodes) {
    std::mt19937_64 random{seed};
    const auto up_to = [&](milliseconds most) {
        return milliseconds{random() % static_cast<uint64_t>(most.count() + 1)};
    };
    Draw drawn;
    drawn.seed = seed;
    drawn.fault = fault.value_or(static_cast<Fault>(seed / 2 % faults.size()));
    drawn.nodes = nodes.value_or(seed % 2 == 0 ? 1 : 3);
    // Of one node no minority can fail.
    if (drawn.fault == Fault::minority_fails) drawn.nodes = 3;
    drawn.command = commands[random() % commands.size()];
    drawn.ttl = seconds{1} + up_to(seconds{1});
    drawn.grace = up_to(drawn.ttl / 4);
    // What nobody notices leaves room for a renewal that failed and one more.
    if (drawn.fault == Fault::nodes_hang_briefly) drawn.grace /= 2;
    drawn.after = up_to(drawn.ttl);
    drawn.detail = static_cast<unsigned>(random() % 1024);
    return drawn;
}

} // namespace holdfast::test
