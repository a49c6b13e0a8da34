#include "lock/operations/common.hpp"

#include "lock/fence.hpp"
#include "lock/operations/node_reply.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace holdfast {
namespace {

constexpr size_t looked_at = 16;

const Reply* first_error(const Replies& replies) {
    const auto found = std::ranges::find(replies, Reply::Type::error, &Reply::type);
    return found == replies.end() ? nullptr : &*found;
}

struct Life {
    std::string member;
    milliseconds left;
};

Step with_records(const LockKey& key, const std::vector<Life>& living, Reply answer) {
    if (living.empty()) {
        answer.items.push_back(list({}));
        return answer;
    }
    Request request;
    for (const Life& one : living) request.add({"HGET", key.records(), one.member});
    return ask(std::move(request), [living, answer = std::move(answer)](Replies&& records) -> Step {
        Reply members = list({});
        for (size_t i = 0; i < living.size(); ++i)
            for (const Reply& item : {text(living[i].member), integer(living[i].left.count()), text(records[i].text)})
                members.items.push_back(item);
        Reply told = answer;
        told.items.push_back(std::move(members));
        return told;
    });
}

} // namespace

Request watch(std::initializer_list<std::string_view> keys) {
    Request request{"MULTI"};
    request.add({"EXEC"});
    std::vector<std::string_view> words{"WATCH"};
    words.insert(words.end(), keys);
    request.add(words);
    return request;
}

Exchange ask(Request request, std::function<Step(Replies&&)> then) {
    return {std::move(request), [then = std::move(then)](Replies&& replies) -> Step {
                if (const Reply* error = first_error(replies)) return *error;
                return then(std::move(replies));
            }};
}

Exchange let_go(Reply answer, const Request& hints) {
    Request request{"UNWATCH"};
    request.append(hints);
    return {std::move(request), [answer = std::move(answer)](Replies&&) -> Step { return answer; }};
}

Exchange commit(const std::function<void(Request&)>& add, std::function<Step(const Reply& results)> then,
                std::function<Exchange()> again, const Request& hints) {
    Request request{"MULTI"};
    add(request);
    request.add({"EXEC"});
    request.set();
    const size_t exec = request.commands() - 1;
    request.append(hints);
    return {std::move(request), [exec, then = std::move(then), again = std::move(again)](Replies&& replies) -> Step {
                const Reply& results = replies[exec];
                if (results.type == Reply::Type::nil) return again();
                if (results.type == Reply::Type::error) {
                    // EXECABORT only says that a command was refused; the refusal itself says why.
                    const Reply* why = first_error(replies);
                    return *why;
                }
                if (const Reply* error = first_error(results.items)) return *error;
                // No Redis server sends another number of results; the text of this reply must not look like a verdict.
                if (results.items.size() != exec - 1) return Reply{Reply::Type::text, results.text, 0, {}};
                return then(results);
            }};
}

Script script_for(const LockKey& key, const std::optional<Seat>& seat, std::string_view exclusive,
                  std::string_view member, ScriptArguments arguments) {
    return seat ? for_member({{member}, std::move(arguments)}, key, *seat) : Script{{exclusive}, std::move(arguments)};
}

milliseconds near(milliseconds value, milliseconds now) {
    return std::clamp(value, now - clock_tolerance, now + clock_tolerance);
}

void leave(const LockKey& key, std::string_view entry, Request& request) {
    request.add({"ZREM", key.queue(), entry});
    request.add({"ZREM", key.seen(), entry});
}

void set_fence(const LockKey& key, int64_t fence, Request& request) {
    request.add({"SET", key.fence(), argument(fence), "PX", argument(fence_lasts)});
}

int64_t number_of(const Reply& fence) {
    double value = 0;
    std::from_chars(fence.text.data(), fence.text.data() + fence.text.size(), value);
    return value > static_cast<double>(largest_fence.number) ? largest_fence.number : fence.number();
}

bool is_attempt_before(std::string_view value, const Token& token) {
    value = value.substr(0, value.find(' '));
    const size_t point = value.find('.');
    if (point == std::string_view::npos || value.substr(0, point) != token.run) return false;
    unsigned attempt = 0;
    std::from_chars(value.data() + point + 1, value.data() + value.size(), attempt);
    return attempt < token.attempt;
}

void QueueHead::add(const LockKey& key, Request& request) {
    const std::string last = std::to_string(looked_at - 1);
    request.add({"TIME"});
    request.add({"ZRANGE", key.queue(), "0", last});
    request.add({"ZRANGE", key.seen(), "0", last, "WITHSCORES"});
}

// As in a script, the entries before the first living one count as stale.
QueueHead::QueueHead(std::span<const Reply> replies) : now{time_of(replies[0])} {
    std::map<std::string, milliseconds> until; // when an entry becomes stale, for those that do so first
    for_each_score(replies[2], [&](const std::string& entry, int64_t score) { until[entry] = milliseconds{score}; });
    const auto alive = [&](const auto& seen) { return seen.second > now; };
    for (const Reply& entry : replies[1].items) {
        const auto seen = until.find(entry.text);
        // If `until` is full, an entry that is not in it may live; otherwise `seen` does not have the entry, so it is
        // stale.
        if (seen != until.end() ? alive(*seen) : until.size() == looked_at) {
            first = entry.text;
            break;
        }
        stale.push_back(entry.text);
    }
    if (first.empty()) return;
    if (const auto seen = until.find(first); seen != until.end()) first_lasts = seen->second - now;
    // If all of `until` is stale, `until` does not tell whether the first entry lives. Its entries are dropped, so that
    // the next look tells.
    else if (std::ranges::none_of(until, alive))
        for (const auto& [entry, when] : until) stale.push_back(entry);
}

Request QueueHead::hint(const LockKey& key) const {
    Request request;
    for (const std::string& entry : stale) leave(key, entry, request);
    if (first.empty()) return request;
    const Record waiter = Record::parse(first);
    const bool shares = waiter.holder && waiter.holder->kind.way == LockKind::Way::shared;
    request.add({"PUBLISH", shares ? key.shared_turn_channel() : key.turn_channel(waiter.token()), ""});
    return request;
}

Step with_members(const LockKey& key, milliseconds now, Reply answer, const std::string& also) {
    if (!is_group(answer.items[1].text)) return answer;
    Request request{"ZRANGE", key.members(), argument(-int64_t{members_shown}), "-1", "WITHSCORES"};
    request.add({"ZSCORE", key.members(), also});
    return ask(std::move(request), [key, now, also, answer = std::move(answer)](Replies&& replies) -> Step {
        std::vector<Life> living;
        const auto add = [&](const std::string& member, int64_t ends) {
            if (milliseconds{ends} > now && std::ranges::count(living, member, &Life::member) == 0)
                living.push_back({member, milliseconds{ends} - now});
        };
        for_each_score(replies[0], add);
        add(also, replies[1].number());
        return with_records(key, living, answer);
    });
}

} // namespace holdfast
