#include "base/duration.hpp"
#include "base/error.hpp"
#include "cli/all_locks.hpp"
#include "cli/command.hpp"
#include "cli/lock_view.hpp"
#include "cli/messages.hpp"
#include "events/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
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

/// Which locks are to be listed.
struct Wanted {
    std::string glob;
    std::optional<milliseconds> older_than;
    std::optional<LockKind::Way> kind;

    bool match(const Inspection& seen) const {
        const auto held_for = is_only_kept(seen.record) ? std::nullopt : age(seen.record);
        return (!older_than || (held_for && *held_for > *older_than)) && (!kind || seen.kind().way == *kind);
    }
};

Wanted wanted(const Arguments& typed) {
    Wanted wanted{typed.name, typed.duration("--older-than"), {}};
    if (const auto& text = typed.value("--kind")) {
        wanted.kind = kind_named(*text);
        if (!wanted.kind) throw Given{Source::command_line, "--kind", *text}.wrong("exclusive, shared or slots");
    }
    return wanted;
}

Listing listed(NodeSet& nodes, const std::string& prefix, const Wanted& wanted) {
    Listing listing = list_locks(nodes, prefix, wanted.glob);
    std::erase_if(listing.locks, [&](const Listing::Lock& lock) { return !wanted.match(lock.inspection); });
    return listing;
}

std::string none(const Wanted& wanted) {
    if (wanted.older_than || wanted.kind) return "no locks match\n";
    return none_of("locks", wanted.glob) + "\n";
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

/// Shows the list every second until a signal ends us.
[[noreturn]] void watch(NodeSet& nodes, const std::string& prefix, const Wanted& wanted) {
    while (true) {
        const Listing listing = listed(nodes, prefix, wanted);
        const std::string text = listing.locks.empty() ? none(wanted) : text_of(listing.locks);
        const std::string wrong = trouble(listing);
        redraw(fmt::format("{}  every {}, until Ctrl-C\n\n{}{}", local_time(wall_time_since_epoch()),
                           format_duration(watch_every), text, wrong.empty() ? "" : "\n" + wrong + "\n"));
        std::this_thread::sleep_for(watch_every);
    }
}

Exit list(const Arguments& typed, const Settings& settings) {
    const bool on_terminal = ::isatty(STDOUT_FILENO) == 1;
    if (typed.has("--watch") && (typed.has("--json") || !on_terminal))
        throw misuse("--watch is for people at a terminal; without it list prints once");
    const Wanted which = wanted(typed);
    NodeSet nodes = all_servers(settings);
    if (typed.has("--watch")) watch(nodes, settings.key_prefix, which);

    const Listing listing = listed(nodes, settings.key_prefix, which);
    if (typed.has("--json")) show(json_of(listing).line());
    check_enough(listing);
    const bool is_part = typed.name.find_first_of("*?[%") == std::string::npos;
    if (!typed.has("--json")) show(listing.locks.empty() && on_terminal ? none(which) : text_of(listing.locks));
    if (listing.locks.empty() && !on_terminal && is_part)
        Log{settings.verbosity}.tell(event::advice("{}", none_of("locks", typed.name)));
    if (const std::string wrong = trouble(listing); !wrong.empty()) tell_at_end(event::failed(wrong));
    return ExitStatus::ok;
}

constexpr std::array own{
    OptionSyntax{"--older-than", "DURATION", "only those that have been held for longer"},
    OptionSyntax{"--kind", "exclusive|shared|slots", "only those that are held in that kind"},
    OptionSyntax{"--watch", "", "show it again every second, until Ctrl-C"},
    OptionSyntax{"--json", "", "print one JSON object"},
};

} // namespace

constinit const CommandRow list_command{
    .name = "list",
    .synopsis = "[GLOB]",
    .help = "every held lock, or those that match GLOB, as in 'deploy-*'",
    .example = "holdfast list 'deploy-*'",
    .exit_status = "0, or 69 when too few nodes answered.",
    .options = own,
    .run = list,
};

} // namespace holdfast
