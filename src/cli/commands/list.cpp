#include "base/duration.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/command_table.hpp"
#include "cli/lock_view.hpp"
#include "cli/messages.hpp"
#include "cli/target.hpp"
#include "events/log.hpp"
#include "lock/listing.hpp"
#include "redis/locator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <thread>
#include <unistd.h>

namespace holdfast {
namespace {

constexpr seconds watch_every{1};

Cell nodes_cell(const Inspection& seen) {
    const std::string share = fmt::format("{}/{}", seen.holding, seen.nodes.size());
    if (seen.standing == Standing::held) return share;
    return {share + (seen.standing == Standing::unknown ? " (can't tell)" : " (no quorum)"), Colour::yellow};
}

/// A table; empty when there is nothing to show.
std::string text_of(const std::vector<Listing::Lock>& locks) {
    if (locks.empty()) return "";
    std::vector rows(1, header({"LOCK", "HELD FOR", "EXPIRES IN", "WAITING", "NODES", "HOLDER"}));
    for (const auto& [key, seen] : locks) {
        const auto held_for = age(seen.record);
        rows.push_back({key.name, held_for ? format_duration(*held_for) : "?", format_duration(seen.expires_in),
                        fmt::format("{}", seen.waiting), nodes_cell(seen), holders_text(seen)});
    }
    return table(rows);
}

std::string none(const std::string& glob) {
    return glob == "*" ? "no locks\n" : fmt::format("no locks match '{}'\n", printable(glob));
}

Json json_of(const Listing& listing) {
    Json locks = Json::list();
    for (const auto& [key, seen] : listing.locks) locks.add(lock_json(key, seen));
    Json nodes = Json::list();
    for (const auto& [name, failure, in_part] : listing.nodes)
        nodes.add(Json::object({{"node", name},
                                {"state", failure ? name_of(failure->kind) : "listed"},
                                {"error", failure ? Json(failure->text) : Json()}}));
    return Json::object({{"locks", locks}, {"nodes", nodes}});
}

/// What is wrong with the nodes; empty when nothing is.
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

/// Shows the list every second until a signal ends us.
[[noreturn]] void watch(NodeSet& nodes, const std::string& prefix, const std::string& glob) {
    while (true) {
        const Listing listing = list_locks(nodes, prefix, glob);
        const std::string text = listing.locks.empty() ? none(glob) : text_of(listing.locks);
        const std::string wrong = trouble(listing);
        redraw(fmt::format("{}  every {}, until Ctrl-C\n\n{}{}", local_time(wall_time_since_epoch()),
                           format_duration(watch_every), text, wrong.empty() ? "" : "\n" + wrong + "\n"));
        std::this_thread::sleep_for(watch_every);
    }
}

Exit list(const Arguments& typed, const Settings& settings) {
    const bool on_terminal = ::isatty(STDOUT_FILENO) == 1;
    if (typed.has("--watch") && (typed.has("--json") || !on_terminal))
        throw Failure{ExitStatus::usage, "--watch is for people at a terminal; without it list prints once"};
    NodeSet nodes{servers_of(configured_nodes(settings), settings.node_timeout), settings.node_timeout};
    nodes.resolve();
    if (typed.has("--watch")) watch(nodes, settings.key_prefix, typed.name);

    const Listing listing = list_locks(nodes, settings.key_prefix, typed.name);
    if (typed.has("--json")) show(json_of(listing).line());
    const std::string wrong = trouble(listing);
    if (listing.answered() < quorum(listing.nodes.size())) throw Failure{ExitStatus::too_few_nodes, wrong};
    if (!typed.has("--json")) show(listing.locks.empty() && on_terminal ? none(typed.name) : text_of(listing.locks));
    if (!wrong.empty()) tell_at_end(event::failed(wrong));
    return ExitStatus::ok;
}

void list_all_without_glob(Arguments& typed) {
    if (typed.name.empty()) typed.name = "*";
}

constexpr std::array own{
    OptionSyntax{"--watch", "", "show it again every second, until Ctrl-C"},
    OptionSyntax{"--json", "", "print one JSON object"},
};

} // namespace

constinit const CommandRow list_command{
    .name = "list",
    .synopsis = "[GLOB]",
    .help = "every held lock, or those that match GLOB, as in 'deploy-*'",
    .exit_status = "0, or 69 when too few nodes answered.",
    .options = own,
    .interpret = list_all_without_glob,
    .run = list,
};

} // namespace holdfast
