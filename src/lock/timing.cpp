#include "lock/timing.hpp"

#include "base/canary.hpp"
#include "base/duration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace holdfast {
namespace {

constexpr std::chrono::duration<double, std::milli> least_kill_margin{100};

milliseconds usual_kill_margin(milliseconds ttl) {
    return std::clamp(ttl / 20, std::chrono::ceil<milliseconds>(least_kill_margin), milliseconds{500});
}

} // namespace

nanoseconds Timing::drift() const {
    const double ms = std::ceil(static_cast<double>(ttl.count()) * drift_ratio);
    return milliseconds{static_cast<milliseconds::rep>(ms)} + milliseconds{2};
}

milliseconds Timing::kill_margin() const {
    return std::max(usual_kill_margin(ttl), std::chrono::ceil<milliseconds>(least_kill_margin * processor_wait));
}

bool Timing::widened() const { return kill_margin() > usual_kill_margin(ttl); }

std::optional<std::string> impossible(const Timing& timing) {
    constexpr milliseconds shortest_ttl{1000};
    constexpr double largest_drift = 0.5;
    if (timing.ttl < shortest_ttl)
        return fmt::format("--ttl {} is too short; the shortest is 1s, and run renews the lock for as long as its "
                           "command runs",
                           format_duration(timing.ttl));
    if (!(timing.drift_ratio >= 0 && timing.drift_ratio <= largest_drift))
        return fmt::format("--drift {} is not a ratio between 0 and {}", timing.drift_ratio, largest_drift);

    const nanoseconds needed = timing.renewal_interval() + 2 * timing.node_timeout;
    const nanoseconds without_grace = timing.ttl - timing.drift() - timing.kill_margin() - needed;
    if (without_grace >= timing.grace) return {};
    if (timing.widened())
        return fmt::format(
            "holdfast has a low priority here, so that the command has to be stopped {} before the lease "
            "ends, for which --ttl {} leaves no room; make it longer, or give the priority to the "
            "command alone, as in: holdfast run ... -- nice COMMAND",
            format_duration(timing.kill_margin()), format_duration(timing.ttl));
    const std::string problem = fmt::format(
        "with --ttl {} there is no room for a renewal (every {}) and two node timeouts ({} each) before the command "
        "has to be stopped",
        format_duration(timing.ttl), format_duration(timing.renewal_interval()), format_duration(timing.node_timeout));
    if (without_grace >= nanoseconds{0} && timing.grace > milliseconds{0})
        return fmt::format("{}; make --grace {} at most {}, or --ttl longer", problem, format_duration(timing.grace),
                           format_duration(without_grace));
    return fmt::format("{}; make --node-timeout or --drift smaller, or --ttl longer", problem);
}

BootTime granted_until(BootTime sent_at, const Timing& timing) {
    return sent_at + timing.ttl - (enforced(Rule::drift) ? timing.drift() : nanoseconds{0});
}

} // namespace holdfast
