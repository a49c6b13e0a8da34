#include "lock/operations/history.hpp"

#include "base/node_report.hpp"
#include "lock/operations/common.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast {

extern const std::string_view history_lua;
extern const std::string_view start_history_lua;
extern const std::string_view end_history_lua;

namespace {

struct Words {
    std::string_view in_log;
    std::string_view in_json;
};

/// In the order of How.
constexpr std::array<Words, 8> words{{{"", "holds"},
                                      {"", "vanished"},
                                      {"ended", "ended"},
                                      {"released", "released"},
                                      {"not_started", "not_started"},
                                      {"lost", "lost"},
                                      {"taken", "taken_away"},
                                      {"undone", "undone"}}};

using Fields = std::vector<std::pair<std::string_view, std::string>>;

Fields fields(const EndEntry& entry) {
    Fields all{{"how", std::string{name_in_log(entry.end.how)}}};
    if (entry.end.how == How::undone) return all;
    if (entry.fence > Fence{}) all.emplace_back("fence", argument(entry.fence.number));
    all.emplace_back("held", argument(entry.held));
    if (entry.end.status) all.emplace_back("status", argument(*entry.end.status));
    if (entry.end.signal) all.emplace_back("signal", argument(*entry.end.signal));
    if (entry.end.kept > milliseconds{0}) all.emplace_back("kept", argument(entry.end.kept));
    if (!entry.end.why.empty()) all.emplace_back("why", on_one_line(entry.end.why));
    return all;
}

bool succeeded(const RunEnd& end) { return end.how == How::ended && end.status == 0; }

/// The sum that counts ends of that kind; empty: none does.
std::string_view tally_of(const RunEnd& end) {
    if (end.how == How::lost) return "lost";
    if (end.how == How::taken_away) return "taken_away";
    return end.how == How::ended && !succeeded(end) ? "failed" : "";
}

Fields sums(const EndEntry& entry) {
    if (entry.end.how == How::undone) return {{"acquired", "-1"}};
    Fields all{{"held_ms", argument(entry.held)}};
    if (entry.waited > milliseconds{0}) all.emplace_back("waited_ms", argument(entry.waited));
    if (const std::string_view tally = tally_of(entry.end); !tally.empty()) all.emplace_back(tally, "1");
    return all;
}

Script noting(Script script, const LockKey& key, size_t entries, std::string_view lua) {
    script.lua = as_function(script.lua);
    script.lua.insert(script.lua.begin(), history_lua);
    script.lua.push_back(lua);
    script.arguments.push_back({"history", argument(static_cast<int64_t>(entries))});
    script.more_keys.push_back({"LOG", key.log()});
    script.more_keys.push_back({"STATS", key.stats()});
    return script;
}

Request entry(const LockKey& key, size_t entries, const Fields& fields) {
    std::vector<std::string> command{"XADD", key.log(), "MAXLEN", "~", argument(static_cast<int64_t>(entries)), "*"};
    for (const auto& [name, value] : fields) {
        command.emplace_back(name);
        command.push_back(value);
    }
    Request request;
    request.add(std::vector<std::string_view>(command.begin(), command.end()));
    return request;
}

void keep(const LockKey& key, Request& request) {
    for (const std::string& one : {key.log(), key.stats()}) request.add({"PEXPIRE", one, argument(history_lasts)});
}

/// The id of the entry of a start whose record begins so; nothing if it is not among these entries.
std::optional<std::string> id_of_start(const Reply& entries, std::string_view begin) {
    for (const Reply& entry : entries.items) {
        if (entry.items.size() < 2 || entry.items[1].items.size() < 2) continue;
        const std::vector<Reply>& fields = entry.items[1].items;
        if (fields[0].text == "start" && fields[1].text.starts_with(begin)) return entry.items[0].text;
    }
    return {};
}

std::function<Step(Replies&&)> goes_on(std::function<Step()> then) {
    return [then = std::move(then)](Replies&&) { return then(); };
}

Request end_entry(const LockKey& key, std::string_view token, const EndEntry& end) {
    Fields all{{"end", std::string{token}}};
    std::ranges::move(fields(end), std::back_inserter(all));
    Request request = entry(key, end.entries, all);
    for (const auto& [name, number] : sums(end)) request.add({"HINCRBY", key.stats(), name, number});
    const milliseconds now = wall_time_since_epoch();
    if (end.end.how != How::undone) request.add({"HSET", key.stats(), "last_start", argument(now - end.held)});
    if (succeeded(end.end)) request.add({"HSET", key.stats(), "last_success", argument(now)});
    keep(key, request);
    return request;
}

} // namespace

std::string_view name_of(How how) { return words.at(static_cast<size_t>(how)).in_json; }

std::string_view name_in_log(How how) { return words.at(static_cast<size_t>(how)).in_log; }

std::optional<How> how_in_log(std::string_view word) {
    const auto found = std::ranges::find(words, word, &Words::in_log);
    if (word.empty() || found == words.end()) return {};
    return static_cast<How>(found - words.begin());
}

Script noting_start(Script script, const LockKey& key, size_t entries) {
    return noting(std::move(script), key, entries, start_history_lua);
}

Script noting_end(Script script, const LockKey& key, std::string_view token, const EndEntry& entry,
                  std::string_view ours, bool holders_word) {
    const bool undone = entry.end.how == How::undone;
    script.arguments.push_back({"token", std::string{token}});
    script.arguments.push_back({"held", argument(entry.held)});
    script.arguments.push_back({"waited", argument(entry.waited)});
    script.arguments.push_back({"tally", std::string{tally_of(entry.end)}});
    script.arguments.push_back({"succeeded", succeeded(entry.end) ? "1" : "0"});
    script.arguments.push_back({"undone", undone ? "1" : "0"});
    script.arguments.push_back({"wherever", holders_word && !undone ? "1" : "0"});
    script.arguments.push_back({"when", std::string{ours}});
    for (auto& [name, value] : fields(entry)) {
        script.rest.emplace_back(name);
        script.rest.push_back(std::move(value));
    }
    return noting(std::move(script), key, entry.entries, end_history_lua);
}

Request start_entry(const LockKey& key, const Record& record, Fence fence, milliseconds waited, size_t entries) {
    Request request =
        entry(key, entries, {{"start", record.value}, {"fence", argument(fence.number)}, {"waited", argument(waited)}});
    request.add({"HINCRBY", key.stats(), "acquired", "1"});
    keep(key, request);
    return request;
}

Exchange undo_start(const LockKey& key, std::string_view token, size_t entries, const std::function<Step()>& then) {
    const auto drop = [key, mark = end_entry(key, token, {{How::undone}, {}, {}, {}, entries}), then,
                       begin = fmt::format("{} ", token)](Replies&& newest) -> Step {
        const auto id = id_of_start(newest.front(), begin);
        if (!id) return newest.front().type == Reply::Type::error ? Step{Exchange{mark, goes_on(then)}} : then();
        Request request{"XDEL", key.log(), *id};
        return Exchange{std::move(request), [key, mark, then](Replies&& dropped) -> Step {
                            if (dropped.front().type == Reply::Type::error) return Exchange{mark, goes_on(then)};
                            Request sums{"HINCRBY", key.stats(), "acquired", "-1"};
                            keep(key, sums);
                            return Exchange{std::move(sums), goes_on(then)};
                        }};
    };
    return {{"XREVRANGE", key.log(), "+", "-", "COUNT", "50"}, drop};
}

Step noted_end(const LockKey& key, std::string_view token, const EndEntry& end, Reply answer) {
    if (end.end.how == How::undone)
        return undo_start(key, token, end.entries, [answer = std::move(answer)]() -> Step { return answer; });
    Request request = end_entry(key, token, end);
    // Marks the request, so that the node is asked behind it whether enough replicas have what the transaction wrote.
    request.set();
    return Exchange{std::move(request), [answer = std::move(answer)](Replies&&) -> Step { return answer; }};
}

} // namespace holdfast
