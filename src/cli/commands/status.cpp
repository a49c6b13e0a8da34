#include "cli/command_table.hpp"
#include "cli/lock_view.hpp"
#include "cli/target.hpp"

#include <array>

namespace holdfast {
namespace {

Exit status(const Arguments& typed, const Settings& settings) {
    const LockKey key = lock_key(typed.name, settings);
    NodeSet nodes = nodes_to_ask(settings, key);
    const Inspection seen = inspect(nodes, key, mode(settings));
    if (typed.has("--json")) {
        Json json = lock_json(key, seen);
        json.add("last_success", last_success_json(seen));
        json.add("waiters", waiters_json(seen));
        json.add("nodes", nodes_json(seen));
        show(json.line());
    }
    check_told(key, seen);
    if (!typed.has("--json")) show(lock_text(key, seen));
    switch (seen.standing) {
    case Standing::held: return ExitStatus::ok;
    case Standing::unknown: return ExitStatus::too_few_nodes;
    default: return ExitStatus::not_held;
    }
}

constexpr std::array own{OptionSyntax{"--json", "", "print one JSON object"}};

} // namespace

constinit const CommandRow status_command{
    .name = "status",
    .synopsis = "NAME",
    .help = "who holds lock NAME, and who waits for it",
    .exit_status = "0 when a majority says that it is held, 1 when it is not, 69 when too few nodes can tell.",
    .options = own,
    .run = status,
};

} // namespace holdfast
