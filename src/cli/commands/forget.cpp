#include "base/duration.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/command.hpp"
#include "cli/messages.hpp"
#include "cli/screen.hpp"
#include "cli/target.hpp"
#include "lock/inspection.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast {
namespace {

/// The mark that the nodes had: that of the last success, with the longest rest of all; nothing if no node had one.
std::optional<Success> forgotten(const std::vector<NodeView>& nodes) {
    std::optional<Success> last;
    milliseconds longest{};
    for (const NodeView& node : nodes) {
        auto success = node.reply ? Success::parse(node.reply->value, node.reply->ttl_left) : std::nullopt;
        if (!success) continue;
        longest = std::max(longest, success->left);
        if (!last || success->age < last->age) last = std::move(success);
    }
    if (last) last->left = longest;
    return last;
}

/// Whether something else stands on the node where it would remember a success.
bool has_no_mark(const NodeView& node) { return node.reply && node.reply->verdict == Verdict::not_a_lock; }

std::string node_lines_of(const std::vector<NodeView>& nodes) {
    std::vector<NodeReport> reports;
    for (const NodeView& node : nodes)
        reports.push_back({node.node, has_no_mark(node) ? "the key has another type" : words_of(node.reply)});
    return node_lines(reports);
}

Failure no_mark(const LockKey& key, const std::vector<NodeView>& nodes) {
    return {ExitStatus::not_a_lock,
            fmt::format("the key {} is not what --once-in writes there, and was not touched; look at it, and delete it "
                        "if nothing needs it (DEL){}",
                        printable(key.done(), 300), node_lines_of(nodes))};
}

Failure not_forgotten(const LockKey& key, const std::vector<NodeView>& nodes, size_t silent,
                      const std::optional<Success>& last) {
    return {ExitStatus::too_few_nodes,
            fmt::format("{} of {} nodes did not answer and may remember the success of {}{}; forget it again when they "
                        "do{}",
                        silent, nodes.size(), key.name,
                        last ? fmt::format(" for {} more", format_duration(last->left)) : "", node_lines_of(nodes))};
}

Exit forget(const Arguments& typed, const Settings& settings) {
    const LockKey key = lock_key(typed.name, settings);
    NodeSet nodes = nodes_to_ask(settings, key);
    const std::vector<NodeView> views = ask_all(nodes, key, Forget{}, mode(settings));
    if (std::ranges::any_of(views, has_no_mark)) throw no_mark(key, views);
    const auto last = forgotten(views);
    const auto silent = std::ranges::count_if(views, [](const NodeView& node) { return !node.reply; });
    if (silent > 0) throw not_forgotten(key, views, static_cast<size_t>(silent), last);
    show(last ? fmt::format("forgotten: {}, started {} ago\n", describe(last->record), format_duration(last->age))
              : fmt::format("no success of {} to forget; --once-in makes a run remember its success\n", key.name));
    return ExitStatus::ok;
}

} // namespace

constinit const CommandRow forget_command{
    .name = "forget",
    .synopsis = "NAME",
    .help = "forget the success for which run --once-in would skip NAME",
    .example = "holdfast forget nightly",
    .exit_status = "0 when no node remembers it any more, 69 when not all nodes answered, 76 when something else "
                   "stands there.",
    .run = forget,
};

} // namespace holdfast
