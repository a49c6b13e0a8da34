#include "base/error.hpp"
#include "cli/all_locks.hpp"
#include "cli/command_table.hpp"
#include "cli/history_view.hpp"
#include "cli/screen.hpp"

#include <algorithm>
#include <array>
#include <unistd.h>

namespace holdfast {
namespace {

/// All runs that held a lock at `since` or later, in the order in which they began.
std::vector<Run> runs_since(std::vector<Run> runs, milliseconds since) {
    std::erase_if(runs, [&](const Run& run) { return run.ended < since; });
    std::ranges::stable_sort(runs, {}, &Run::began);
    return runs;
}

Exit history(const Arguments& typed, const Settings& settings) {
    const auto& span = typed.value("--since");
    const milliseconds past = span ? duration({Source::command_line, "--since", *span}) : milliseconds::max();
    Listing listing = list_or_fail(settings, typed.name, Beside::logs);
    const milliseconds since = span ? listing.now - past : milliseconds::min();
    const std::vector<Run> runs = runs_since(std::move(listing.runs), since);
    if (typed.has("--json")) show(history_json(runs).line());
    else if (!runs.empty()) show(history_text(runs));
    else if (::isatty(STDOUT_FILENO) == 1) show(none_of("runs", typed.name));
    return runs.empty() ? ExitStatus::nothing_known : ExitStatus::ok;
}

constexpr std::array own{
    OptionSyntax{"--since", "DURATION", "only what held a lock within that time"},
    OptionSyntax{"--json", "", "print one JSON object"},
};

} // namespace

constinit const CommandRow history_command{
    .name = "history",
    .synopsis = "[GLOB]",
    .help = "who held each lock, or those that match GLOB, and how that ended",
    .exit_status = "0, 1 when the nodes remember no such run, 69 when too few nodes answered.",
    .options = own,
    .interpret = match_all_without_glob,
    .run = history,
};

} // namespace holdfast
