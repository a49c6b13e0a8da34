#include "lock/latest_runs.hpp"

#include "lock/operations/common.hpp"

#include <algorithm>

namespace holdfast {
namespace {

/// How many entries are read. If a lock has so many slots that all of them are starts, no end is found.
constexpr std::string_view newest = "40";

} // namespace

std::vector<Run> latest_runs(NodeSet& nodes, const LockKey& key, const Inspection& seen) {
    Request request{"TIME"};
    request.add({"XREVRANGE", key.log(), "+", "-", "COUNT", newest});
    const Answers answers = nodes.ask_all(request, {.deadline = nodes.latest_answer()});
    std::vector<std::vector<LogEntry>> logs(nodes.size());
    std::vector<milliseconds> times;
    for (size_t i = 0; i < nodes.size(); ++i) {
        if (!answers[i] || !answers[i]->replies) continue;
        const std::vector<Reply>& replies = *answers[i]->replies;
        times.push_back(time_of(replies[0]));
        for (const Reply& item : replies[1].items)
            if (auto entry = LogEntry::parse(item)) logs[i].push_back(*std::move(entry));
    }
    return runs_of(key.name, logs, seen, median(std::move(times)));
}

} // namespace holdfast
