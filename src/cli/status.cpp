#include "base/duration.hpp"
#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/messages.hpp"
#include "lock/inspection.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

/// Only where the nodes differ, or some did not answer, is there something to tell node by node.
std::string differing_nodes(const Inspection& inspection) {
    const bool alike = inspection.answered == inspection.nodes.size() && !inspection.not_a_lock &&
                       (inspection.holding == 0 || inspection.holding == inspection.nodes.size());
    return alike ? "" : node_lines(inspection.nodes);
}

/// What there is to know beside the holder, a line each.
std::string details(const Inspection& inspection) {
    std::string lines;
    if (inspection.fence.number > 0) lines += fmt::format("\n  fence {}", inspection.fence.number);
    for (const Waiter& waiter : inspection.queue)
        lines += fmt::format("\n  waiting: {} for {}", describe(waiter.record), format_duration(waiter.waited));
    return lines;
}

} // namespace

Exit status(const Arguments& arguments, const Settings& settings) {
    const LockKey key = lock_key(arguments, settings);
    NodeSet nodes{configured_nodes(settings), settings.node_timeout};
    nodes.resolve();
    const Inspection inspection = inspect(nodes, key);
    if (!inspection.knows()) throw Failure{ExitStatus::too_few_nodes, too_few(inspection.answered, inspection.nodes)};
    if (inspection.not_a_lock && !inspection.held())
        throw Failure{ExitStatus::not_a_lock,
                      fmt::format("the key {} exists and is not a lock{}", key.key(), node_lines(inspection.nodes))};
    if (inspection.held())
        fmt::print("{} is held by {}{}{}\n", key.name, held_by(inspection.record, inspection.expires_in),
                   details(inspection), differing_nodes(inspection));
    else if (inspection.holding > 0)
        fmt::print("{} is held by nobody: {} has {} of {} nodes, {} are needed{}\n", key.name,
                   describe(inspection.record), inspection.holding, nodes.size(), quorum(nodes.size()),
                   node_lines(inspection.nodes));
    else fmt::print("{} is free{}\n", key.name, differing_nodes(inspection));
    return inspection.held() ? ExitStatus::ok : ExitStatus::not_held;
}

} // namespace holdfast
