// What each operation does to a simulated node.
#include "base/canary.hpp"
#include "sim/node_state.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace holdfast::sim {
namespace {

/// The attempt that a record of this run is of.
std::optional<unsigned> attempt_of(const std::string& record, const std::string& run) {
    if (!record.starts_with(run + ".")) return {};
    const char* begin = record.data() + run.size() + 1;
    const char* end = record.data() + record.size();
    unsigned attempt = 0;
    const auto [stop, failed] = std::from_chars(begin, end, attempt);
    if (failed != std::errc{} || stop == end || *stop != ' ') return {};
    return attempt;
}
std::optional<unsigned> attempt_of(const std::optional<NodeState::Value>& key, const std::string& run) {
    return key ? attempt_of(key->text, run) : std::nullopt;
}

bool shares(const Seat& seat) { return seat.kind.way == LockKind::Way::shared; }

int64_t near(milliseconds number, milliseconds now) {
    return std::clamp(number, now - clock_tolerance, now + clock_tolerance).count();
}

} // namespace

struct NodeState::Apply {
    NodeState& node;
    const LockKey& key;
    milliseconds now;
    std::vector<Published>& published;

    NodeReply operator()(const Acquire& op) const {
        if (const auto success = node.success(now); success && op.once_in && success->age < *op.once_in)
            return with_mark(Verdict::skipped, *success);
        if (node.words_on(op.token.text())) return {Verdict::revoked};
        if (op.seat) return join(op, *op.seat);
        const auto attempt = attempt_of(node.key_, op.token.run);
        if (attempt && *attempt < op.token.attempt) node.key_.reset();
        const auto blocker = [&] { return node.first(now); };
        if (const auto refusal = in_line(op, !node.key_, blocker)) return *refusal;
        set_larger_fence(op.proposal);
        node.key_ = {op.record.value, now + op.ttl};
        if (op.waiting) node.leave(op.waiting->entry);
        return {.verdict = Verdict::granted, .fence = Fence{node.last_fence()}};
    }

    NodeReply join(const Acquire& op, const Seat& seat) const {
        if (node.has(seat.group())) node.settle(now);
        if (node.has(seat.group())) {
            leave_seats(seat, op.token.run, op.token.attempt - 1);
            node.settle(now);
        }
        const bool fits = !node.key_ || (is_of(seat) && is_free(seat) && !has_seat(op.token.run));
        const auto blocker = [&] { return shares(seat) ? first_that_does_not_share(op) : node.first(now); };
        if (const auto refusal = in_line(op, fits, blocker)) return *refusal;
        if (!shares(seat)) set_larger_fence(op.proposal);
        else if (const int64_t last = node.last_fence(); last > 0) node.set_fence(last | 1, now);
        else node.set_fence(near(milliseconds{op.proposal.number}, now) | 1, now);
        if (op.waiting) node.leave(op.waiting->entry);
        const bool begins = !node.key_;
        take_seat(seat, op.record.value, op.ttl);
        pass_on(seat, begins);
        return {.verdict = Verdict::granted, .fence = Fence{node.last_fence()}};
    }

    NodeReply operator()(const Raise& op) const {
        if (!is_ours(op.seat, op.record.value)) return {Verdict::not_ours};
        const int64_t last = node.last_fence();
        const bool same_will_do = op.seat && shares(*op.seat);
        if (last > op.to.number || (last == op.to.number && !same_will_do))
            return {.verdict = Verdict::refused, .fence = Fence{last}};
        node.set_fence(op.to.number, now);
        return {.verdict = Verdict::raised, .fence = op.to};
    }

    NodeReply operator()(const Extend& op) const {
        if (op.kept && is_ours(op.seat, op.kept->value)) return {Verdict::yours};
        NodeReply reply = extend(op);
        reply.marked = op.success && !taken_away(op.token) && node.mark(*op.success, now);
        if (op.kept && reply.verdict == Verdict::yours)
            (op.seat ? node.members_.at(op.seat->member).text : node.key_->text) = op.kept->value;
        return reply;
    }

    bool taken_away(const Token& token) const { return !node.words_on(token.text()).value_or("").empty(); }

    NodeReply extend(const Extend& op) const {
        if (const auto words = node.words_on(op.token.text())) return {Verdict::revoked, *words};
        if (!node.key_) return {Verdict::missing};
        if (op.seat && node.has(op.seat->group()) && !lives(op.seat->member)) return {Verdict::missing};
        if (!is_ours(op.seat, op.record.value)) return {Verdict::taken};
        if (op.seat) {
            node.members_.at(op.seat->member).until = now + op.ttl;
            node.settle(now);
            if (!op.entry.empty()) node.leave(op.entry);
        } else node.key_->until = now + op.ttl;
        if (node.fence_) node.fence_->second = now + fence_lasts;
        return {Verdict::yours};
    }

    NodeReply operator()(const Restore& op) const {
        if (const auto words = node.words_on(op.token.text())) return {Verdict::revoked, *words};
        if (op.seat) {
            if (node.has(op.seat->group())) node.settle(now);
            if (node.key_ && !is_of(*op.seat)) return {Verdict::taken};
            if (node.key_ && lives(op.seat->member) && !is_ours(op.seat, op.record.value)) return {Verdict::taken};
            take_seat(*op.seat, op.record.value, op.ttl);
            if (!op.entry.empty()) node.leave(op.entry);
        } else {
            if (node.key_ && !node.has(op.record.value)) return {Verdict::taken};
            node.key_ = {op.record.value, now + op.ttl};
        }
        node.set_fence(std::max(node.last_fence(), op.fence.number), now);
        return {Verdict::yours};
    }

    NodeReply operator()(const Release& op) const {
        const auto words = node.words_on(op.token.text());
        const bool lost = taken_away(op.token);
        if (!op.entry.empty()) node.leave(op.entry);
        const bool in_group = op.seat && node.has(op.seat->group());
        const auto attempt = !op.seat ? attempt_of(node.key_, op.token.run)
                             : in_group && node.members_.contains(op.seat->member)
                                 ? attempt_of(node.members_.at(op.seat->member).text, op.token.run)
                                 : std::nullopt;
        const bool ours = attempt && *attempt <= op.token.attempt;
        std::optional<std::string> freed;
        if (in_group) {
            freed = leave_seats(*op.seat, op.token.run, op.token.attempt);
            node.settle(now);
        } else if (ours) node.key_.reset();
        if (op.void_too) mark(op.token.text(), void_lasts);
        const bool has_slot = op.seat && !shares(*op.seat);
        if ((ours || freed) && (has_slot || !node.key_))
            node.tell_first(key, now, published, has_slot ? freed.value_or("") : "");
        return {.verdict = ours   ? Verdict::released
                           : lost ? Verdict::revoked
                                  : Verdict::not_ours,
                .value = !ours && lost ? *words : "",
                .marked = op.success && !lost && node.mark(*op.success, now)};
    }

    NodeReply operator()(const Withdraw& op) const {
        node.leave(op.entry);
        if (op.seat && node.has(op.seat->group())) {
            leave_seats(*op.seat, op.token.run, std::numeric_limits<unsigned>::max());
            node.settle(now);
        } else if (!op.seat && attempt_of(node.key_, op.token.run)) node.key_.reset();
        if (op.void_too) mark(op.token.text(), void_lasts);
        if (!node.key_ || node.has_group()) node.tell_first(key, now, published);
        return {Verdict::done};
    }

    NodeReply operator()(const Revoke& op) const {
        const bool in_group = op.seat && node.has(op.seat->group());
        const bool is_free = in_group ? !node.members_.contains(op.seat->member) : !node.key_;
        const std::optional<std::string> theirs = held_there(op.seat, op.record);
        if (theirs && in_group) {
            node.members_.erase(op.seat->member);
            node.settle(now);
        } else if (theirs) node.key_.reset();
        mark(std::string{op.record.token()}, op.void_for(), op.words);
        if (!theirs && !is_free) return {Verdict::changed};
        published.emplace_back(key.revoked_channel(), op.message());
        node.tell_first(key, now, published);
        if (!theirs) return {Verdict::free};
        return {Verdict::revoked, *theirs};
    }

    NodeReply operator()(const Forget&) const {
        const auto success = node.success(now);
        node.mark_.reset();
        return success ? with_mark(Verdict::forgotten, *success)
                       : NodeReply{.verdict = Verdict::forgotten, .ttl_left = milliseconds{-2}};
    }

    static NodeReply with_mark(Verdict verdict, const Success& success) {
        return {.verdict = verdict,
                .value = std::to_string((success.age + success.left).count()) + " " + success.record.value,
                .ttl_left = success.left};
    }

    NodeReply operator()(const Inspect&) const { return node.look(now); }

    /// Enters the queue if that run waits and is not granted the lock now. Returns the answer then.
    template <typename Blocker>
    std::optional<NodeReply> in_line(const Acquire& op, bool fits, Blocker blocker) const {
        const auto is_behind = [&](const std::string* ahead) {
            return ahead != nullptr && !(op.waiting && *ahead == op.waiting->entry);
        };
        const std::string* ahead = blocker();
        if (op.waiting && (!fits || is_behind(ahead))) {
            enter(*op.waiting);
            ahead = blocker();
        }
        if (fits && !is_behind(ahead)) return {};
        NodeReply reply{.verdict = Verdict::held, .position = op.waiting ? position_of(op.waiting->entry) : 0};
        if (fits) {
            reply.verdict = Verdict::reserved;
            reply.value = *ahead;
            reply.ttl_left = node.seen_.at(*ahead) - now;
            if (op.seat) reply.members = node.members(now);
        } else {
            reply.value = node.key_->text;
            reply.ttl_left = node.key_->until - now;
            if (node.has_group()) reply.members = node.members(now);
        }
        return reply;
    }

    const std::string* first_that_does_not_share(const Acquire& op) const {
        const auto& line = node.queue_;
        for (size_t i = 0; i < line.size() && i < places_shown; ++i) {
            const std::string& one = line[i].second;
            if (op.waiting && one == op.waiting->entry) return nullptr;
            const auto seen = node.seen_.find(one);
            if (!waits_to_share(one) && seen != node.seen_.end() && seen->second > now) return &seen->first;
        }
        return nullptr;
    }

    /// After a grant: a group of shared holders that begins lets in all that wait to share it, if they are next; a
    /// holder of a slot names another slot that is free.
    void pass_on(const Seat& seat, bool begins) const {
        const std::string* next = node.first(now);
        if (next == nullptr) return;
        if (shares(seat)) {
            if (begins && waits_to_share(*next)) node.tell_first(key, now, published);
            return;
        }
        for (unsigned slot = 1; slot <= seat.kind.limit; ++slot)
            if (!lives(std::to_string(slot))) return node.tell_first(key, now, published, std::to_string(slot));
    }

    void set_larger_fence(Fence proposal) const {
        const Fence last{std::max(node.last_fence(), near(milliseconds{proposal.number}, now) - 1)};
        node.set_fence(next_fence(last, false).number, now);
    }

    bool is_of(const Seat& seat) const { return node.has(seat.group()) && node.limit_ == seat.kind.limit; }
    bool is_free(const Seat& seat) const { return !lives(seat.member) || !enforced(Rule::free_seat); }
    bool lives(const std::string& seat) const {
        const auto member = node.members_.find(seat);
        return member != node.members_.end() && member->second.until > now;
    }
    /// Whether that run has any seat, as only a later attempt can when leave_seats() has been called.
    bool has_seat(const std::string& run) const {
        return std::ranges::any_of(
            node.members_, [&](const auto& one) { return one.second.until > now && attempt_of(one.second.text, run); });
    }
    bool is_ours(const std::optional<Seat>& seat, const std::string& record) const {
        if (!seat) return node.has(record);
        const auto member = node.members_.find(seat->member);
        return node.has(seat->group()) && member != node.members_.end() && member->second.text == record;
    }
    /// What stands in the key or the seat, if it is of the hold of that record.
    std::optional<std::string> held_there(const std::optional<Seat>& seat, const Record& record) const {
        std::optional<std::string> there;
        if (!seat && node.key_) there = node.key_->text;
        if (seat && node.has(seat->group()))
            if (const auto member = node.members_.find(seat->member); member != node.members_.end())
                there = member->second.text;
        return there && is_same_hold(*there, record) ? there : std::nullopt;
    }
    /// Returns one of the seats that are free now, the given one before others.
    std::optional<std::string> leave_seats(const Seat& seat, const std::string& run, unsigned last) const {
        std::optional<std::string> freed;
        std::erase_if(node.members_, [&](const auto& one) {
            const auto attempt = attempt_of(one.second.text, run);
            const bool leaves = (!shares(seat) || one.first == seat.member) && attempt && *attempt <= last;
            if (leaves && (!freed || one.first == seat.member)) freed = one.first;
            return leaves;
        });
        return freed;
    }
    void take_seat(const Seat& seat, const std::string& record, milliseconds lasts) const {
        if (!node.key_ && enforced(Rule::group_begins_empty)) node.clear_group();
        node.key_ = {std::string{seat.group()}, now + lasts};
        node.members_[seat.member] = {record, now + lasts};
        node.limit_ = seat.kind.limit;
        node.settle(now);
    }

    void mark(const std::string& token, milliseconds lasts, const std::string& words = "") const {
        node.void_[token] = {words, now + lasts};
    }

    void enter(const Waiting& waiting) const {
        const auto in_line = [&](const auto& ticket) { return ticket.second == waiting.entry; };
        if (std::ranges::none_of(node.queue_, in_line)) {
            const std::pair ticket{near(waiting.since, now - waiting.waited), waiting.entry};
            node.queue_.insert(std::ranges::upper_bound(node.queue_, ticket), ticket);
        }
        node.seen_[waiting.entry] = now + waiting.lasts;
        node.queue_until_ = node.seen_until_ = now + queue_lasts;
    }

    size_t position_of(const std::string& entry) const {
        const auto found = std::ranges::find(node.queue_, entry, &std::pair<int64_t, std::string>::second);
        return found == node.queue_.end() ? 0 : static_cast<size_t>(found - node.queue_.begin()) + 1;
    }
};

NodeReply NodeState::apply(const LockKey& key, const Operation& operation, milliseconds now,
                           std::vector<Published>& published) {
    expire(now);
    return std::visit(Apply{*this, key, now, published}, operation);
}

bool NodeState::needs_memory(const Operation& operation) {
    return std::holds_alternative<Acquire>(operation) || std::holds_alternative<Raise>(operation) ||
           std::holds_alternative<Restore>(operation);
}

} // namespace holdfast::sim
