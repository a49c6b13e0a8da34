#include "lock/operations/common.hpp"

#include "lock/fence.hpp"
#include "lock/operations/node_reply.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace holdfast {
namespace {

constexpr size_t looked_at = 16;

} // namespace

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
    if (first.empty()) return request;
    const Record waiter = Record::parse(first);
    const bool shares = waiter.holder && waiter.holder->kind.way == LockKind::Way::shared;
    request.add({"PUBLISH", shares ? key.shared_turn_channel() : key.turn_channel(waiter.token()), ""});
    return request;
}

} // namespace holdfast
