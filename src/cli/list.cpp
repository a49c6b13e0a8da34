#include "base/duration.hpp"
#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/messages.hpp"
#include "cli/screen.hpp"
#include "lock/listing.hpp"

#include <fmt/format.h>

namespace holdfast {

Exit list(const Arguments& arguments, const Settings& settings) {
    NodeSet nodes{configured_nodes(settings), settings.node_timeout};
    nodes.resolve();
    const Listing listing = list_locks(nodes, settings.key_prefix, arguments.name);
    if (listing.answered < quorum(nodes.size()))
        throw Failure{ExitStatus::too_few_nodes, too_few(listing.answered, listing.nodes)};
    std::vector rows(1, header({"LOCK", "HELD FOR", "EXPIRES IN", "NODES", "HOLDER"}));
    for (const auto& [name, inspection] : listing.locks)
        rows.push_back(
            {name, held_for(inspection.record), format_duration(inspection.expires_in),
             fmt::format("{}/{}{}", inspection.holding, nodes.size(), inspection.held() ? "" : " (no quorum)"),
             describe(inspection.record)});
    if (rows.size() > 1) fmt::print("{}", table(rows));
    if (listing.answered < nodes.size())
        write_error(
            fmt::format("{} of {} nodes answered{}", listing.answered, nodes.size(), node_lines(listing.nodes)));
    return ExitStatus::ok;
}

} // namespace holdfast
