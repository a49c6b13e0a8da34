#include "lock/ballot.hpp"

#include "lock/quorum.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast {

std::string words_of(const tl::expected<NodeReply, NodeFailure>& vote) {
    if (!vote) return vote.error().text;
    switch (vote->verdict) {
    case Verdict::held: return fmt::format("held by {}", describe(Record::parse(vote->value)));
    case Verdict::reserved: return fmt::format("reserved for {}", describe(Record::parse(vote->value)));
    case Verdict::not_a_lock: return "the key there is not a lock";
    case Verdict::revoked: return "our token is void there: taken away, or given up";
    case Verdict::yours: return "still ours";
    case Verdict::missing: return "the key is gone";
    case Verdict::taken: return "held by another";
    case Verdict::changed: return "held by another by now";
    case Verdict::free: return "free";
    default: return "its answer makes no sense here";
    }
}

size_t Ballot::count(Verdict word) const {
    return static_cast<size_t>(std::ranges::count_if(
        votes_, [&](const std::optional<Vote>& vote) { return vote && *vote && (*vote)->verdict == word; }));
}

size_t Ballot::count(NodeFailure::Kind kind) const {
    return static_cast<size_t>(std::ranges::count_if(
        votes_, [&](const std::optional<Vote>& vote) { return vote && !*vote && vote->error().kind == kind; }));
}

size_t Ballot::missing() const {
    return static_cast<size_t>(std::ranges::count_if(votes_, [](const auto& vote) { return !vote; }));
}

size_t Ballot::holding(const std::string& value) const {
    return static_cast<size_t>(std::ranges::count_if(votes_, [&](const std::optional<Vote>& vote) {
        return vote && *vote && (*vote)->verdict == Verdict::held && (*vote)->value == value;
    }));
}

std::string Ballot::other_holder() const {
    std::string most;
    size_t votes = 0;
    for (const std::optional<Vote>& vote : votes_) {
        if (!vote || !*vote || (*vote)->verdict != Verdict::held) continue;
        const size_t n = holding((*vote)->value);
        if (n > votes) {
            votes = n;
            most = (*vote)->value;
        }
    }
    return most;
}

std::optional<Record> Ballot::over_other_nodes() const {
    for (const std::optional<Vote>& vote : votes_) {
        if (!vote || !*vote || (*vote)->verdict != Verdict::held) continue;
        Record record = Record::parse((*vote)->value);
        if (record.holder && record.holder->nodes != 0 && record.holder->nodes != votes_.size()) return record;
    }
    return {};
}

milliseconds Ballot::other_expires_in() const {
    const std::string other = other_holder();
    std::vector<milliseconds> left;
    for (const std::optional<Vote>& vote : votes_)
        if (vote && *vote && (*vote)->value == other) left.push_back((*vote)->ttl_left);
    return reached_by_quorum(std::move(left), votes_.size()).value_or(milliseconds{0});
}

const NodeReply* Ballot::reservation() const {
    const NodeReply* longest = nullptr;
    for (const std::optional<Vote>& vote : votes_)
        if (vote && *vote && (*vote)->verdict == Verdict::reserved &&
            (!longest || (*vote)->ttl_left > longest->ttl_left))
            longest = &**vote;
    return longest;
}

size_t Ballot::position() const {
    size_t farthest = 0;
    for (const std::optional<Vote>& vote : votes_)
        if (vote && *vote) farthest = std::max(farthest, (*vote)->position);
    return farthest;
}

bool Ballot::decided() const {
    const size_t q = quorum(votes_.size());
    const size_t other = holding(other_holder());
    if (granted() >= q || other >= q) return true;
    return granted() + missing() < q && other + missing() < q && answered() >= q;
}

Outcome Ballot::outcome() const {
    const size_t n = votes_.size();
    const size_t q = quorum(n);
    if (granted() >= q) return Outcome::won;
    if (holding(other_holder()) >= q) return Outcome::held;
    if (n - count(Verdict::not_a_lock) < q) return Outcome::not_a_lock;
    if (n - count(NodeFailure::Kind::denied) < q) return Outcome::denied;
    if (count(Verdict::reserved) >= q) return Outcome::reserved;
    return answered() >= q ? Outcome::contended : Outcome::too_few;
}

} // namespace holdfast
