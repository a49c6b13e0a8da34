#include "lock/operations.hpp"

#include "base/escape.hpp"
#include "redis/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace holdfast {
namespace {

std::optional<Word> word(std::string_view text) {
    static const std::map<std::string_view, Word> words{
        {"granted", Word::granted}, {"held", Word::held},         {"reserved", Word::reserved},
        {"raised", Word::raised},   {"refused", Word::refused},   {"yours", Word::yours},
        {"missing", Word::missing}, {"taken", Word::taken},       {"revoked", Word::revoked},
        {"changed", Word::changed}, {"released", Word::released}, {"not_ours", Word::not_ours},
        {"done", Word::done},       {"free", Word::free}};
    const auto found = words.find(text);
    return found == words.end() ? std::nullopt : std::optional{found->second};
}

tl::unexpected<NodeFailure> failure(NodeFailure::Kind kind, std::string text) {
    return tl::unexpected{NodeFailure{kind, std::move(text)}};
}

/// The server knows no EVAL, or our user may not use it.
bool refuses_scripts(const Reply& reply) {
    return (reply.is_error("NOPERM") || reply.text.starts_with("ERR unknown command")) &&
           reply.type == Reply::Type::error &&
           (reply.text.find("'eval'") != std::string::npos || reply.text.find("'EVAL'") != std::string::npos ||
            reply.text.find("`EVAL`") != std::string::npos);
}

std::vector<Waiter> queue(const Reply& reply) {
    std::vector<Waiter> waiters;
    for (size_t i = 0; i + 1 < reply.items.size(); i += 2)
        waiters.push_back(
            {Record::parse(reply.items[i].text), duration_of(std::max<int64_t>(reply.items[i + 1].integer, 0))});
    return waiters;
}

} // namespace

std::optional<std::string> not_a_lock_name(std::string_view name) {
    constexpr size_t longest = 200;
    if (name.empty()) return "the name of the lock is empty";
    if (name.size() > longest)
        return fmt::format("the name of a lock has at most {} bytes, this one has {}", longest, name.size());
    if (name.find_first_of(" {}") != std::string_view::npos || printable(name) != name)
        return fmt::format("'{}' cannot name a lock; a name has printable characters without spaces and braces",
                           printable(name));
    return {};
}

milliseconds Revoke::void_lasts() const {
    return std::max(record.holder ? record.holder->ttl : milliseconds{0}, holdfast::void_lasts);
}

Exchange exchange(const LockKey& key, const Operation& operation, Way& way) {
    if (way == Way::transactions) return transaction(key, operation);
    return {script(key, operation), [&way, key, operation](std::vector<Reply>&& replies) -> Step {
                if (!refuses_scripts(replies.back())) return std::move(replies.back());
                way = Way::transactions;
                return transaction(key, operation);
            }};
}

tl::expected<Said, NodeFailure> refused(const Reply& error) {
    // A script's error names its cause behind what the script did: "ERR ... WRONGTYPE Operation ...".
    if (error.text.find("WRONGTYPE") != std::string::npos) return Said{Word::not_a_lock};
    const bool denied = error.is_error("NOAUTH") || lacks_right(error);
    return failure(denied ? NodeFailure::Kind::denied : NodeFailure::Kind::no_vote, explained(error));
}

milliseconds time_of(const Reply& time) {
    if (time.items.size() != 2) return {};
    return seconds{time.items[0].number()} +
           std::chrono::duration_cast<milliseconds>(std::chrono::microseconds{time.items[1].number()});
}

milliseconds duration_of(int64_t ms) {
    constexpr milliseconds longest = std::chrono::years{100};
    return std::clamp(milliseconds{ms}, -longest, longest);
}

tl::expected<Said, NodeFailure> said(const std::optional<Answer>& answer) {
    return answer ? said(*answer) : failure(NodeFailure::Kind::timeout, "it comes to no end in time");
}

bool has_granted(const Answer& answer) {
    const std::vector<Reply>& replies = answer.replies ? *answer.replies : answer.in_vain;
    return !replies.empty() && !replies.back().items.empty() && replies.back().items.front().text == "granted";
}

tl::expected<Said, NodeFailure> said(const Answer& answer) {
    if (!answer.replies) return tl::unexpected{answer.replies.error()};
    const Reply& reply = answer.replies->front();
    if (reply.type == Reply::Type::error) return refused(reply);
    const auto what = reply.items.empty() ? std::nullopt : word(reply.items.front().text);
    if (!what)
        return failure(NodeFailure::Kind::no_vote,
                       fmt::format("it gives no answer of ours: {}", printable(reply.text)));
    const auto item = [&](size_t i) { return i < reply.items.size() ? reply.items[i] : Reply{}; };
    Said said{*what, item(1).text};
    switch (*what) {
    case Word::granted:
    case Word::raised:
    case Word::refused:
        said.fence = Fence{item(2).integer};
        // Agreed to, one that is too large would leave none for those who come later.
        if (said.fence < Fence{1} || said.fence > largest_fence)
            return failure(NodeFailure::Kind::no_vote, "the lock's fence number there makes no sense");
        break;
    default:
        said.ttl_left = duration_of(item(2).integer);
        said.position = static_cast<size_t>(std::max<int64_t>(item(3).integer, 0));
    }
    if (said.word == Word::held && said.ttl_left < milliseconds{0}) return Said{Word::not_a_lock};
    if (reply.items.size() > 6) {
        said.fence = Fence{reply.items[4].integer};
        said.queue = queue(reply.items[5]);
        said.waiting = static_cast<size_t>(std::max<int64_t>(reply.items[6].integer, 0));
    }
    return said;
}

} // namespace holdfast
