#include "lock/operations/node_reply.hpp"

#include "base/escape.hpp"
#include "redis/explain.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast {
namespace {

std::optional<Verdict> verdict(std::string_view name) {
    const auto found = std::ranges::find(verdict_names, name);
    return found == verdict_names.end() ? std::nullopt
                                        : std::optional{static_cast<Verdict>(found - verdict_names.begin())};
}

tl::unexpected<NodeFailure> failure(NodeFailure::Kind kind, std::string text) {
    return tl::unexpected{NodeFailure{kind, std::move(text)}};
}

tl::unexpected<NodeFailure> behind(const std::string& before, NodeFailure why) {
    why.text.insert(0, before);
    return tl::unexpected{std::move(why)};
}

std::vector<Waiter> queue(const Reply& reply) {
    std::vector<Waiter> waiters;
    for (size_t i = 0; i + 1 < reply.items.size(); i += 2)
        waiters.push_back(
            {Record::parse(reply.items[i].text), duration_of(std::max<int64_t>(reply.items[i + 1].integer, 0))});
    return waiters;
}

std::vector<Member> members(const Reply& reply) {
    std::vector<Member> members;
    for (size_t i = 0; i + 2 < reply.items.size(); i += 3)
        members.push_back({Record::parse(reply.items[i + 2].text), duration_of(reply.items[i + 1].integer)});
    return members;
}

} // namespace

tl::expected<NodeReply, NodeFailure> refused(const Reply& error) {
    // A script's error has its cause in the middle of the text: "ERR ... WRONGTYPE Operation ...".
    if (error.text.find("WRONGTYPE") != std::string::npos) return NodeReply{Verdict::not_a_lock};
    return tl::unexpected{as_failure(meaning(error))};
}

milliseconds time_of(const Reply& time) {
    // The year 2255: up to then the difference of two times has room in nanoseconds.
    constexpr int64_t latest = 9'000'000'000;
    if (time.items.size() != 2 || time.items[0].number() < 0 || time.items[0].number() > latest) return {};
    return seconds{time.items[0].number()} +
           std::chrono::duration_cast<milliseconds>(std::chrono::microseconds{time.items[1].number()});
}

milliseconds duration_of(int64_t ms) {
    constexpr milliseconds longest = std::chrono::years{100};
    return std::clamp(milliseconds{ms}, -longest, longest);
}

tl::expected<NodeReply, NodeFailure> node_reply(const std::optional<Answer>& answer) {
    return answer ? node_reply(*answer) : failure(NodeFailure::Kind::timeout, "it comes to no end in time");
}

bool has_granted(const Answer& answer) {
    const std::vector<Reply>& replies = answer.replies ? *answer.replies : answer.in_vain;
    return !replies.empty() && !replies.back().items.empty() && replies.back().items.front().text == "granted";
}

tl::expected<NodeReply, NodeFailure> node_reply(const Answer& answer) {
    if (!answer.replies) return behind(answer.before, answer.replies.error());
    const Reply& reply = answer.replies->front();
    if (reply.type == Reply::Type::error) {
        auto told = refused(reply);
        if (told) return told;
        // The node was asked in every way that there is, so it denies us for good.
        if (refuses_command(reply)) told.error().kind = NodeFailure::Kind::denied;
        return behind(answer.before, std::move(told.error()));
    }
    const auto what = reply.items.empty() ? std::nullopt : verdict(reply.items.front().text);
    if (!what)
        return failure(NodeFailure::Kind::no_vote,
                       fmt::format("it gives no answer of ours: {}", printable(reply.text)));
    const auto item = [&](size_t i) { return i < reply.items.size() ? reply.items[i] : Reply{}; };
    NodeReply told{*what, item(1).text};
    switch (*what) {
    case Verdict::granted:
    case Verdict::raised:
    case Verdict::refused:
        told.fence = Fence{item(2).integer};
        // If the nodes agreed on a number that is too large, no number would be left for later holders.
        if (told.fence < Fence{1} || told.fence > largest_fence)
            return failure(NodeFailure::Kind::no_vote, "the lock's fence number there makes no sense");
        break;
    default:
        told.ttl_left = duration_of(item(2).integer);
        told.position = static_cast<size_t>(std::max<int64_t>(item(3).integer, 0));
    }
    told.marked = reply.items.size() == 5 && item(4).integer == 1 && !answer.unreplicated;
    constexpr std::array set{Verdict::granted, Verdict::raised, Verdict::yours, Verdict::forgotten};
    const bool sets = std::ranges::find(set, told.verdict) != set.end();
    if (sets && answer.unreplicated) return tl::unexpected{*answer.unreplicated};
    if (told.verdict == Verdict::held && told.ttl_left < milliseconds{0}) return NodeReply{Verdict::not_a_lock};
    if (reply.items.size() == 5) told.members = members(reply.items[4]);
    if (reply.items.size() > 6) {
        told.members = members(item(8));
        told.fence = Fence{reply.items[4].integer};
        told.queue = queue(reply.items[5]);
        told.waiting = static_cast<size_t>(std::max<int64_t>(reply.items[6].integer, 0));
        if (const Reply mark = item(7); mark.items.size() == 2)
            told.success = Success::parse(mark.items[0].text, duration_of(mark.items[1].integer));
    }
    return told;
}

} // namespace holdfast
