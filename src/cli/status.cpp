#include "cli/commands.hpp"
#include "cli/lock_view.hpp"

namespace holdfast {

Exit status(const Arguments& arguments, const Settings& settings) {
    const LockKey key = lock_key(arguments, settings);
    NodeSet nodes = nodes_to_ask(settings);
    const Inspection seen = inspect(nodes, key, mode(settings));
    if (arguments.json) {
        Json json = lock_json(key, seen);
        json.add("waiters", waiters_json(seen));
        json.add("nodes", nodes_json(seen));
        show(json.line());
    }
    check_told(key, seen);
    if (!arguments.json) show(lock_text(key, seen));
    switch (seen.standing) {
    case Standing::held: return ExitStatus::ok;
    case Standing::unknown: return ExitStatus::too_few_nodes;
    default: return ExitStatus::not_held;
    }
}

} // namespace holdfast
