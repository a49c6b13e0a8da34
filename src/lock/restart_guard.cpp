#include "lock/restart_guard.hpp"

#include "base/canary.hpp"
#include "base/duration.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

constexpr size_t fewest_nodes = 3;

} // namespace

std::optional<TooYoung> too_young(const NodeSet& nodes, size_t node, std::optional<milliseconds> guard,
                                  double drift_ratio) {
    const bool forgets_nothing = nodes.node(node).remembers || nodes.node(node).durable;
    if (!guard || nodes.size() < fewest_nodes || forgets_nothing || !enforced(Rule::restart_guard)) return {};
    const auto& said = nodes[node].introduction();
    if (!said || !said->started)
        return TooYoung{"it does not say since when it runs, so it has no vote (see --restart-guard)", {}};
    const auto lasts = std::chrono::duration_cast<milliseconds>(
        std::chrono::duration<double, std::milli>{*guard} * (1 + drift_ratio) + seconds{2});
    const auto age = std::chrono::duration_cast<milliseconds>(BootClock::now() - *said->started);
    if (age > lasts) return {};
    const std::string when = age < seconds{1} ? "just now" : format_duration(age) + " ago";
    const bool chosen = nodes.node(node).locator == Node::Locator::sentinel;
    return TooYoung{
        fmt::format("it was started {}{} and may have forgotten locks; it has a vote in {} (see --restart-guard)",
                    chosen ? "or took another server's place " : "", when, format_duration(lasts - age)),
        lasts - age};
}

bool outlasts_guard(milliseconds lasts, size_t nodes, std::optional<milliseconds> guard) {
    return guard && nodes >= fewest_nodes && lasts > *guard;
}

} // namespace holdfast
