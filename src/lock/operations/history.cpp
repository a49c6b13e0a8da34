#include "lock/operations/history.hpp"

#include "base/node_report.hpp"
#include "lock/operations/limits.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace holdfast {

namespace {

struct Words {
    std::string_view in_log;
    std::string_view in_json;
};

/// In the order of How.
constexpr std::array<Words, 7> words{{{"", "holds"},
                                      {"", "vanished"},
                                      {"ended", "ended"},
                                      {"released", "released"},
                                      {"not_started", "not_started"},
                                      {"lost", "lost"},
                                      {"taken", "taken_away"}}};

using Fields = std::vector<std::pair<std::string_view, std::string>>;

Fields fields(std::string_view token, const EndEntry& entry) {
    Fields all{{"end", std::string{token}}, {"how", std::string{name_in_log(entry.end.how)}}};
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

/// Each command of a note stands by itself, so that one that is refused leaves no key without its TTL.
void outlast(const LockKey& key, Request& request) {
    for (const std::string& one : {key.log(), key.stats()}) request.add({"PEXPIRE", one, argument(fence_lasts)});
}

} // namespace

std::string_view name_of(How how) { return words.at(static_cast<size_t>(how)).in_json; }

std::string_view name_in_log(How how) { return words.at(static_cast<size_t>(how)).in_log; }

std::optional<How> how_in_log(std::string_view word) {
    const auto found = std::ranges::find(words, word, &Words::in_log);
    if (word.empty() || found == words.end()) return {};
    return static_cast<How>(found - words.begin());
}

Request start_note(const LockKey& key, const Record& record, Fence fence, milliseconds waited, size_t entries) {
    Request note =
        entry(key, entries, {{"start", record.value}, {"fence", argument(fence.number)}, {"waited", argument(waited)}});
    note.add({"HINCRBY", key.stats(), "acquired", "1"});
    if (waited > milliseconds{0}) note.add({"HINCRBY", key.stats(), "waited_ms", argument(waited)});
    note.add({"HSET", key.stats(), "last_start", argument(wall_time_since_epoch())});
    outlast(key, note);
    return note;
}

Request end_note(const LockKey& key, std::string_view token, const EndEntry& end, size_t entries, bool counts) {
    Fields all = fields(token, end);
    if (!counts) all.emplace_back("uncounted", "1");
    Request note = entry(key, entries, all);
    if (counts) {
        note.add({"HINCRBY", key.stats(), "held_ms", argument(end.held)});
        if (const std::string_view tally = tally_of(end.end); !tally.empty())
            note.add({"HINCRBY", key.stats(), tally, "1"});
        if (succeeded(end.end)) note.add({"HSET", key.stats(), "last_success", argument(wall_time_since_epoch())});
    }
    outlast(key, note);
    return note;
}

} // namespace holdfast
