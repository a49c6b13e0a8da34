#include "lock/ballot.hpp"

#include "lock/quorum.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast {
namespace {

std::string describe(const std::vector<NamedHolder>& holders) {
    if (holders.empty()) return "a group that has ended";
    const std::string first = describe(Record::parse(holders.front().record));
    return holders.size() == 1 ? first : fmt::format("{} and {} more", first, holders.size() - 1);
}

} // namespace

std::vector<NamedHolder> named_holders(const NodeReply& reply) {
    if (!is_group(reply.value)) return {{reply.value, reply.ttl_left}};
    std::vector<NamedHolder> holders;
    for (const Member& member : reply.members) holders.push_back({member.record.value, member.left});
    return holders;
}

std::map<std::string, std::vector<milliseconds>> by_hold(const std::vector<NamedHolder>& named) {
    std::map<std::string, std::vector<milliseconds>> left;
    for (const NamedHolder& one : named) left[one.record].push_back(one.left);
    // The records of one hold begin with its token, so they are neighbours in this map.
    for (auto next = left.begin(); next != left.end();) {
        const auto one = next++;
        if (next == left.end() || !is_same_hold(next->first, Record{one->first, {}})) continue;
        // The record that says when the command ended is the longer one.
        const auto [shorter, longer] =
            one->first.size() < next->first.size() ? std::pair{one, next} : std::pair{next, one};
        longer->second.insert(longer->second.end(), shorter->second.begin(), shorter->second.end());
        left.erase(shorter);
        next = longer;
    }
    return left;
}

std::string words_of(const tl::expected<NodeReply, NodeFailure>& vote) {
    if (!vote) return vote.error().text;
    switch (vote->verdict) {
    case Verdict::held: return fmt::format("held by {}", describe(named_holders(*vote)));
    case Verdict::reserved: return fmt::format("reserved for {}", describe(Record::parse(vote->value)));
    case Verdict::no_scripts: return "it runs no scripts, which shared locks, slots and --once-in need";
    case Verdict::skipped: return "it remembers a success";
    case Verdict::forgotten: return "forgotten";
    case Verdict::not_a_lock: return "the key there is not a lock";
    case Verdict::revoked: return "our token is void there: taken away, or given up";
    case Verdict::yours: return "still ours";
    case Verdict::missing: return "the key is gone (deleted, evicted, or forgotten in a restart)";
    case Verdict::taken: return "held by another";
    case Verdict::changed: return "held by another by now";
    case Verdict::free: return "free";
    default: return "its answer makes no sense here";
    }
}

void Ballot::count(const Answers& answers, const std::function<void(size_t)>& added) {
    for (size_t i = 0; i < answers.size(); ++i) {
        if (!answers[i] || has(i)) continue;
        add(i, node_reply(*answers[i]));
        added(i);
    }
}

std::vector<const NodeReply*> Ballot::replies(Verdict verdict) const {
    std::vector<const NodeReply*> all;
    for (const std::optional<Vote>& vote : votes_)
        if (vote && *vote && (*vote)->verdict == verdict) all.push_back(&**vote);
    return all;
}

size_t Ballot::count(NodeFailure::Kind kind) const {
    return static_cast<size_t>(std::ranges::count_if(
        votes_, [&](const std::optional<Vote>& vote) { return vote && !*vote && vote->error().kind == kind; }));
}

size_t Ballot::missing() const {
    return static_cast<size_t>(std::ranges::count_if(votes_, [](const auto& vote) { return !vote; }));
}

std::map<std::string, std::vector<milliseconds>> Ballot::others() const {
    std::vector<NamedHolder> named;
    for (const NodeReply* reply : replies(Verdict::held))
        std::ranges::move(named_holders(*reply), std::back_inserter(named));
    return by_hold(named);
}

std::string Ballot::other_holder() const {
    const auto all = others();
    const auto most = std::ranges::max_element(all, {}, [](const auto& one) {
        const Record record = Record::parse(one.first);
        return std::pair{one.second.size(), record.holder ? -record.holder->since : milliseconds{0}};
    });
    return most == all.end() ? "" : most->first;
}

std::vector<Record> Ballot::with_quorum() const {
    std::vector<Record> found;
    for (const auto& [record, left] : others())
        if (left.size() >= quorum(votes_.size())) found.push_back(Record::parse(record));
    return found;
}

size_t Ballot::other_holders() const { return with_quorum().size(); }

bool Ballot::taken() const {
    const auto has_slot = [](const Record& record) {
        return record.holder && record.holder->kind.way == LockKind::Way::slots;
    };
    const std::vector<Record> holders = with_quorum();
    if (kind_.way != LockKind::Way::slots) return !holders.empty();
    const size_t slots = static_cast<size_t>(std::ranges::count_if(holders, has_slot));
    return slots < holders.size() || slots >= kind_.limit;
}

template <typename Is>
std::optional<Record> Ballot::find_holder(Is is) const {
    for (const auto& [value, left] : others()) {
        Record record = Record::parse(value);
        if (record.holder && is(*record.holder)) return record;
    }
    return {};
}

std::optional<Record> Ballot::over_other_nodes() const {
    return find_holder([&](const Holder& holder) { return holder.nodes != 0 && holder.nodes != votes_.size(); });
}

std::optional<Record> Ballot::with_other_limit() const {
    if (kind_.way != LockKind::Way::slots) return {};
    return find_holder([&](const Holder& holder) {
        return holder.kind.way == LockKind::Way::slots && holder.kind.limit != kind_.limit;
    });
}

milliseconds Ballot::other_expires_in() const {
    std::vector<milliseconds> ends;
    for (const auto& [record, left] : others())
        if (const auto end = reached_by_quorum(left, votes_.size())) ends.push_back(*end);
    if (ends.empty()) return milliseconds{0};
    return kind_.way == LockKind::Way::slots ? std::ranges::min(ends) : std::ranges::max(ends);
}

std::vector<unsigned> Ballot::likely_free_slots() const {
    std::vector<size_t> taken(kind_.limit);
    for (const std::optional<Vote>& vote : votes_)
        if (vote && *vote)
            for (const Member& member : (*vote)->members)
                if (const auto& holder = member.record.holder;
                    holder && holder->slot >= 1 && holder->slot <= kind_.limit)
                    ++taken[holder->slot - 1];
    std::vector<unsigned> free;
    for (unsigned slot = 1; slot <= kind_.limit; ++slot)
        if (taken[slot - 1] == std::ranges::min(taken)) free.push_back(slot);
    return free;
}

std::optional<Success> Ballot::success() const {
    std::optional<Success> youngest;
    for (const NodeReply* reply : replies(Verdict::skipped)) {
        auto success = Success::parse(reply->value, reply->ttl_left);
        if (success && (!youngest || success->age < youngest->age)) youngest = std::move(success);
    }
    return youngest;
}

const NodeReply* Ballot::reservation() const {
    const auto all = replies(Verdict::reserved);
    const auto longest = std::ranges::max_element(all, {}, &NodeReply::ttl_left);
    return longest == all.end() ? nullptr : *longest;
}

size_t Ballot::position() const {
    size_t farthest = 0;
    for (const std::optional<Vote>& vote : votes_)
        if (vote && *vote) farthest = std::max(farthest, (*vote)->position);
    return farthest;
}

bool Ballot::decided() const {
    const size_t q = quorum(votes_.size());
    if (granted() >= q || taken() || (count(Verdict::skipped) > 0 && answered() >= q)) return true;
    size_t most = 0;
    for (const auto& [record, left] : others()) most = std::max(most, left.size());
    return granted() + missing() < q && most + missing() < q && answered() >= q;
}

Outcome Ballot::outcome() const {
    const size_t n = votes_.size();
    const size_t q = quorum(n);
    // One mark is enough, because the other nodes that have it may not have answered.
    if (count(Verdict::skipped) > 0 && answered() >= q) return Outcome::skipped;
    if (granted() >= q) return Outcome::won;
    if (taken()) return Outcome::held;
    if (n - count(Verdict::not_a_lock) < q) return Outcome::not_a_lock;
    if (n - count(Verdict::no_scripts) < q) return Outcome::no_scripts;
    const size_t willing = n - count(NodeFailure::Kind::denied);
    if (willing < q) return Outcome::denied;
    if (willing - count(NodeFailure::Kind::misnamed) < q) return Outcome::misnamed;
    if (count(Verdict::reserved) >= q) return Outcome::reserved;
    return answered() >= q ? Outcome::contended : Outcome::too_few;
}

} // namespace holdfast
