#include "cli/all_locks.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/messages.hpp"
#include "cli/target.hpp"
#include "events/log.hpp"
#include "redis/locator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace holdfast {

NodeSet all_servers(const Settings& settings) {
    NodeSet nodes{servers_of(configured_nodes(settings), settings.node_timeout), settings.node_timeout};
    nodes.resolve();
    return nodes;
}

std::string trouble(const Listing& listing) {
    if (std::ranges::none_of(listing.nodes, [](const Listing::Node& node) { return node.failure.has_value(); }))
        return "";
    std::vector<NodeReport> reports;
    for (const auto& [name, failure, in_part] : listing.nodes)
        reports.push_back({name, failure ? failure->text : "listed"});
    if (listing.answered() < quorum(reports.size())) return too_few(listing.answered(), reports);
    return fmt::format("{} of {} nodes answered{}{}", listing.answered(), reports.size(),
                       listing.answered() == reports.size() ? ", not every server of them" : "", node_lines(reports));
}

void check_enough(const Listing& listing) {
    if (listing.answered() < quorum(listing.nodes.size())) throw Failure{ExitStatus::too_few_nodes, trouble(listing)};
}

Listing list_or_fail(const Settings& settings, const std::string& glob, Beside beside) {
    NodeSet nodes = all_servers(settings);
    Listing listing = list_locks(nodes, settings.key_prefix, glob, beside);
    check_enough(listing);
    const std::string wrong = trouble(listing);
    if (!wrong.empty() && settings.verbosity != Verbosity::quiet) tell_at_end(event::failed(wrong));
    return listing;
}

std::string none_of(const std::string& what, const std::string& glob) {
    std::error_code error;
    if (std::filesystem::is_regular_file(glob, error))
        return fmt::format("no {} match '{}', which is a file here; a pattern stands in quotes, as in 'deploy-*'", what,
                           printable(glob));
    const bool is_name = glob.find_first_of("*?[%") == std::string::npos;
    return glob == "*" ? fmt::format("no {}", what)
                       : fmt::format("no {0} match '{1}'{2}", what, printable(glob),
                                     is_name ? fmt::format("; '*{}*' matches a part of a name", printable(glob)) : "");
}

} // namespace holdfast
