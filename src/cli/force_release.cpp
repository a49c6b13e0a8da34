#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/lock_view.hpp"
#include "cli/messages.hpp"
#include "lock/revocation.hpp"

#include <fmt/format.h>

namespace holdfast {

Exit force_release(const Arguments& arguments, const Settings& settings) {
    const LockKey key = lock_key(arguments, settings);
    NodeSet nodes{configured_nodes(settings), settings.node_timeout};
    nodes.resolve();
    const Inspection inspection = inspect(nodes, key);
    check_told(key, inspection);
    if (inspection.holding == 0) {
        fmt::print("{} is free, nothing to take away\n", key.name);
        return ExitStatus::not_held;
    }
    const Holder self = this_process("", {});
    const std::string words = fmt::format("{}@{} has taken it away (force-release)", self.user, self.host);
    const Revocation revocation = revoke(nodes, key, inspection.record, words, way(settings));
    switch (revocation.outcome) {
    case Revocation::Outcome::revoked:
        fmt::print("{} was held by {}: taken away\n", key.name, describe(inspection.record));
        return ExitStatus::ok;
    case Revocation::Outcome::free:
        fmt::print("{} was held by {}, who has just let go: nothing to take away\n", key.name,
                   describe(inspection.record));
        return ExitStatus::not_held;
    case Revocation::Outcome::changed:
        throw Failure{ExitStatus::not_acquired,
                      fmt::format("{} has another holder than {} by now; nothing was done{}", key.name,
                                  describe(inspection.record), node_lines(reports(revocation.nodes)))};
    default: throw Failure{ExitStatus::too_few_nodes, too_few(revocation.answered, reports(revocation.nodes))};
    }
}

} // namespace holdfast
