#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/fd.hpp"
#include "cli/all_locks.hpp"
#include "cli/chart.hpp"
#include "cli/command.hpp"
#include "cli/history_view.hpp"
#include "cli/screen.hpp"
#include "events/log.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>

namespace holdfast {
namespace {

/// All runs that held a lock at `since` or later, in the order in which they began.
std::vector<Run> runs_since(std::vector<Run> runs, milliseconds since) {
    std::erase_if(runs, [&](const Run& run) { return run.ended < since; });
    std::ranges::stable_sort(runs, {}, &Run::began);
    return runs;
}

void save(const std::string& path, const std::string& text) {
    const Fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (file.get() < 0 || !write_all(file.get(), text)) throw system_failure("cannot write " + printable(path));
}

void check_form(Arguments& typed) {
    if (typed.has("--json") && (typed.has("--chart") || typed.has("--svg")))
        throw misuse("--json is for machines, --chart and --svg are for people; give one of them");
}

Exit history(const Arguments& typed, const Settings& settings) {
    const auto span = typed.duration("--since");
    Listing listing = list_or_fail(settings, typed.name, Beside::logs);
    const milliseconds since = span ? listing.now - *span : milliseconds::min();
    const std::vector<Run> runs = runs_since(std::move(listing.runs), since);
    const Chart chart = chart_of(runs, span ? since : first_sight(runs), listing.now);
    if (const auto& path = typed.value("--svg")) {
        save(*path, as_svg(chart));
        Log{settings.verbosity}.tell(event::advice("{} has a picture of {} now", printable(*path),
                                                   runs.size() == 1 ? "1 run" : fmt::format("{} runs", runs.size())));
    }
    if (typed.has("--json")) show(history_json(runs).line());
    else if (runs.empty()) Log{settings.verbosity}.tell(event::advice("{}", none_of("runs", typed.name)));
    else if (typed.has("--chart")) show(as_text(chart, screen_width()));
    else if (!typed.has("--svg")) show(history_text(runs));
    return runs.empty() ? ExitStatus::nothing_known : ExitStatus::ok;
}

constexpr std::array own{
    OptionSyntax{"--since", "DURATION", "only what held a lock within that time"},
    OptionSyntax{"--chart", "", "as a picture: a row a lock or slot, time to the right"},
    OptionSyntax{"--svg", "FILE", "write that picture into FILE, as SVG"},
    OptionSyntax{"--json", "", "print one JSON object"},
};

} // namespace

constinit const CommandRow history_command{
    .name = "history",
    .synopsis = "[GLOB]",
    .help = "who held each lock, or those that match GLOB, and how that ended",
    .example = "holdfast history --since 1d 'deploy-*'",
    .exit_status = "0, 1 when the nodes remember no such run, 69 when too few nodes answered.",
    .options = own,
    .interpret = check_form,
    .run = history,
};

} // namespace holdfast
