#include "base/duration.hpp"
#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/messages.hpp"
#include "lock/inspection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holdfast {
namespace {

using Row = std::array<std::string, 5>;

/// Columns as wide as their widest cell; the last one is not padded.
void print_table(const std::vector<Row>& rows) {
    std::array<size_t, 5> widths{};
    for (const Row& row : rows)
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    for (const Row& row : rows)
        fmt::print("{:{}}  {:{}}  {:{}}  {:{}}  {}\n", row[0], widths[0], row[1], widths[1], row[2], widths[2], row[3],
                   widths[3], row[4]);
}

} // namespace

Exit list(const Arguments& arguments, const Settings& settings) {
    NodeSet nodes{configured_nodes(settings), settings.node_timeout};
    nodes.resolve();
    const Listing listing = list_locks(nodes, settings.key_prefix, arguments.name);
    if (listing.answered < quorum(nodes.size()))
        throw Failure{ExitStatus::too_few_nodes, too_few(listing.answered, listing.nodes)};
    std::vector<Row> rows{{"LOCK", "HELD FOR", "EXPIRES IN", "NODES", "HOLDER"}};
    for (const auto& [name, inspection] : listing.locks)
        rows.push_back(
            {name, held_for(inspection.record), format_duration(inspection.expires_in),
             fmt::format("{}/{}{}", inspection.holding, nodes.size(), inspection.held() ? "" : " (no quorum)"),
             describe(inspection.record)});
    if (rows.size() > 1) print_table(rows);
    if (listing.answered < nodes.size())
        write_error(
            fmt::format("{} of {} nodes answered{}", listing.answered, nodes.size(), node_lines(listing.nodes)));
    return ExitStatus::ok;
}

} // namespace holdfast
