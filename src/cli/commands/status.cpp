#include "base/error.hpp"
#include "cli/command.hpp"
#include "cli/history_view.hpp"
#include "cli/lock_view.hpp"
#include "cli/target.hpp"
#include "lock/history.hpp"
#include "lock/quorum.hpp"
#include "lock/restart_guard.hpp"

#include <fmt/format.h>

#include <array>
#include <thread>
#include <unistd.h>

namespace holdfast {
namespace {

constexpr seconds watch_every{1};

/// A text that differs from that of the last look if something is new: who holds the lock, how many wait, whether the
/// nodes can tell.
std::string news(const LockKey& key, const Inspection& seen) {
    std::string text =
        fmt::format("{} {} {}", untold(key, seen).has_value(), static_cast<int>(seen.standing), seen.waiting);
    for (const Holding& one : seen.holders) text += fmt::format(" {}", one.record.token());
    return text;
}

/// Of a free lock who had it last, or that no node that answered knows a run of it, as an indented line; empty if no
/// node tells who that was.
std::string last_of(NodeSet& nodes, const LockKey& key, const Inspection& seen) {
    if (seen.standing == Standing::held || untold(key, seen)) return "";
    const std::string last = last_text(latest_runs(nodes, key, seen));
    const bool unknown =
        last.empty() && seen.holding == 0 && seen.fence == Fence{} && seen.waiting == 0 && !seen.last_success;
    // The key, because with another --key-prefix it is another lock.
    return unknown ? fmt::format("  no run of {} is known\n", key.key()) : last;
}

/// That a free lock cannot be had, because too few nodes have a vote, as an indented line; empty if it can be had.
std::string too_few_votes(const NodeSet& nodes, const Inspection& seen, const Settings& settings) {
    size_t votes = 0;
    for (size_t i = 0; i < nodes.size(); ++i)
        if (!too_young(nodes, i, settings.restart_guard, settings.drift)) ++votes;
    if (seen.standing == Standing::held || votes >= quorum(nodes.size())) return "";
    return fmt::format("  nobody gets it yet: {} of {} nodes have a vote, {} are needed; holdfast doctor says when\n",
                       votes, nodes.size(), quorum(nodes.size()));
}

std::string text_of(NodeSet& nodes, const LockKey& key, const Inspection& seen, const Settings& settings) {
    if (const auto failure = untold(key, seen)) return fmt::format("{}\n", failure->what());
    return lock_text(key, seen) + last_of(nodes, key, seen) + too_few_votes(nodes, seen, settings);
}

std::string line_of(NodeSet& nodes, const LockKey& key, const Inspection& seen) {
    const auto failure = untold(key, seen);
    const std::string text = failure ? failure->what() : lock_text(key, seen);
    std::string line = fmt::format("{}  {}", local_time(wall_time_since_epoch()), text.substr(0, text.find('\n')));
    if (seen.waiting > 0) line += fmt::format("; {} waiting", seen.waiting);
    const std::string last = last_of(nodes, key, seen);
    return last.empty() ? line + "\n" : fmt::format("{}; {}", line, last.substr(last.find_first_not_of(' ')));
}

/// Shows the lock until a signal ends us: every second at a terminal, elsewhere a line whenever something is new.
[[noreturn]] void watch(NodeSet& nodes, const LockKey& key, const Settings& settings) {
    const bool on_terminal = ::isatty(STDOUT_FILENO) == 1;
    std::string before;
    while (true) {
        const Inspection seen = inspect(nodes, key, mode(settings));
        const std::string now = news(key, seen);
        if (on_terminal)
            redraw(fmt::format("{}  every second, until Ctrl-C\n\n{}", local_time(wall_time_since_epoch()),
                               text_of(nodes, key, seen, settings)));
        else if (now != before) show(line_of(nodes, key, seen));
        before = now;
        std::this_thread::sleep_for(watch_every);
    }
}

Exit status(const Arguments& typed, const Settings& settings) {
    typed.refuse_several_of({"--watch", "--json"});
    const LockKey key = lock_key(typed.name, settings);
    NodeSet nodes = nodes_to_ask(settings, key);
    if (typed.has("--watch")) watch(nodes, key, settings);
    const Inspection seen = inspect(nodes, key, mode(settings));
    if (typed.has("--json")) {
        Json json = lock_json(key, seen);
        json.add("last_success", last_success_json(seen));
        json.add("last", last_json(latest_runs(nodes, key, seen)));
        json.add("waiters", waiters_json(seen));
        json.add("nodes", nodes_json(seen));
        show(json.line());
    }
    check_told(key, seen);
    if (!typed.has("--json")) show(text_of(nodes, key, seen, settings));
    switch (seen.standing) {
    case Standing::held: return ExitStatus::ok;
    case Standing::unknown: return ExitStatus::too_few_nodes;
    default: return ExitStatus::not_held;
    }
}

constexpr std::array own{
    OptionSyntax{"--watch", "", "show it again every second, until Ctrl-C; without a terminal, each change"},
    OptionSyntax{"--json", "", "print one JSON object"},
};

} // namespace

constinit const CommandRow status_command{
    .name = "status",
    .synopsis = "NAME",
    .help = "who holds lock NAME, and who waits for it",
    .example = "holdfast status deploy",
    .exit_status = "0 when a majority says that it is held, 1 when it is not, 69 when too few nodes can tell.",
    .options = own,
    .run = status,
};

} // namespace holdfast
