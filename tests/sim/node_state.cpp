#include "sim/node_state.hpp"

#include <algorithm>
#include <charconv>

namespace holdfast::sim {
namespace {

/// The attempt that a record of this run is of.
std::optional<unsigned> attempt_of(const std::optional<NodeState::Value>& key, const std::string& run) {
    if (!key || !key->text.starts_with(run + ".")) return {};
    const char* begin = key->text.data() + run.size() + 1;
    const char* end = key->text.data() + key->text.size();
    unsigned attempt = 0;
    const auto [stop, failed] = std::from_chars(begin, end, attempt);
    if (failed != std::errc{} || stop == end || *stop != ' ') return {};
    return attempt;
}

int64_t near(milliseconds number, milliseconds now) {
    return std::clamp(number, now - clock_tolerance, now + clock_tolerance).count();
}

} // namespace

void NodeState::expire(milliseconds now) {
    if (key_ && key_->until < now) key_.reset();
    if (fence_ && fence_->second < now) fence_.reset();
    if (mark_ && mark_->until < now) mark_.reset();
    if (queue_until_ < now) queue_.clear();
    if (seen_until_ < now) seen_.clear();
    std::erase_if(void_, [&](const auto& mark) { return mark.second.until < now; });
}

std::optional<Success> NodeState::success(milliseconds now) const {
    if (!mark_ || mark_->until <= now) return {};
    return Success{{mark_->record, {}}, mark_->lasts - (mark_->until - now), mark_->until - now};
}

bool NodeState::mark(const Success& success, milliseconds now) {
    if (key_ && key_->text != success.record.value) return false;
    const Success earlier = this->success(now).value_or(success);
    const Success& later = earlier.age < success.age ? earlier : success;
    const milliseconds left = std::max(success.left, earlier.left);
    mark_ = {later.record.value, later.age + left, now + left};
    return true;
}

void NodeState::leave(const std::string& entry) {
    std::erase_if(queue_, [&](const auto& ticket) { return ticket.second == entry; });
    seen_.erase(entry);
}

const std::string* NodeState::first(milliseconds now) {
    while (!queue_.empty()) {
        const auto seen = seen_.find(queue_.front().second);
        if (seen != seen_.end() && seen->second > now) return &queue_.front().second;
        leave(std::string{queue_.front().second});
    }
    return nullptr;
}

void NodeState::tell_first(const LockKey& key, milliseconds now, std::vector<Published>& published) {
    if (const std::string* entry = first(now))
        published.emplace_back(key.turn_channel(entry->substr(0, entry->find(' '))), "");
}

struct NodeState::Apply {
    NodeState& node;
    const LockKey& key;
    milliseconds now;
    std::vector<Published>& published;

    NodeReply operator()(const Acquire& op) const {
        if (const auto success = node.success(now); success && op.once_in && success->age < *op.once_in)
            return with_mark(Verdict::skipped, *success);
        if (node.words_on(op.token.text())) return {Verdict::revoked};
        const auto attempt = attempt_of(node.key_, op.token.run);
        if (attempt && *attempt < op.token.attempt) node.key_.reset();
        const std::string* ahead = node.first(now);
        const auto is_ours = [&](const std::string* entry) { return op.waiting && *entry == op.waiting->entry; };
        if (op.waiting && (node.key_ || (ahead != nullptr && !is_ours(ahead)))) {
            enter(*op.waiting);
            ahead = node.first(now);
        }
        if (!node.key_ && (ahead == nullptr || is_ours(ahead))) {
            const Fence last{std::max(node.last_fence(), near(milliseconds{op.proposal.number}, now) - 1)};
            const int64_t fence = next_fence(last, false).number;
            node.key_ = {op.record.value, now + op.ttl};
            if (ahead != nullptr) node.leave(op.waiting->entry);
            node.set_fence(fence, now);
            return {.verdict = Verdict::granted, .fence = Fence{fence}};
        }
        const size_t position = op.waiting ? position_of(op.waiting->entry) : 0;
        if (node.key_)
            return {.verdict = Verdict::held,
                    .value = node.key_->text,
                    .ttl_left = node.key_->until - now,
                    .position = position};
        return {.verdict = Verdict::reserved,
                .value = *ahead,
                .ttl_left = node.seen_.at(*ahead) - now,
                .position = position};
    }

    NodeReply operator()(const Raise& op) const {
        if (!node.key_ || node.key_->text != op.record.value) return {Verdict::not_ours};
        if (node.last_fence() >= op.to.number) return {.verdict = Verdict::refused, .fence = Fence{node.last_fence()}};
        node.set_fence(op.to.number, now);
        return {.verdict = Verdict::raised, .fence = op.to};
    }

    NodeReply operator()(const Extend& op) const {
        NodeReply reply = extend(op);
        reply.marked = op.success && node.mark(*op.success, now);
        return reply;
    }

    NodeReply extend(const Extend& op) const {
        if (const auto words = node.words_on(op.token.text())) return {Verdict::revoked, *words};
        if (!node.key_) return {Verdict::missing};
        if (node.key_->text != op.record.value) return {Verdict::taken};
        node.key_->until = now + op.ttl;
        if (node.fence_) node.fence_->second = now + fence_lasts;
        return {Verdict::yours};
    }

    NodeReply operator()(const Restore& op) const {
        if (const auto words = node.words_on(op.token.text())) return {Verdict::revoked, *words};
        if (node.key_ && node.key_->text != op.record.value) return {Verdict::taken};
        node.key_ = {op.record.value, now + op.ttl};
        node.set_fence(std::max(node.last_fence(), op.fence.number), now);
        return {Verdict::yours};
    }

    NodeReply operator()(const Release& op) const {
        if (!op.entry.empty()) node.leave(op.entry);
        const auto attempt = attempt_of(node.key_, op.token.run);
        const bool ours = attempt && *attempt <= op.token.attempt;
        if (ours) node.key_.reset();
        if (op.void_too) mark(op.token.text(), void_lasts);
        if (ours) node.tell_first(key, now, published);
        return {.verdict = ours ? Verdict::released : Verdict::not_ours,
                .marked = op.success && node.mark(*op.success, now)};
    }

    NodeReply operator()(const Withdraw& op) const {
        node.leave(op.entry);
        if (attempt_of(node.key_, op.token.run)) node.key_.reset();
        if (op.void_too) mark(op.token.text(), void_lasts);
        if (!node.key_) node.tell_first(key, now, published);
        return {Verdict::done};
    }

    NodeReply operator()(const Revoke& op) const {
        const bool changed = node.key_ && node.key_->text != op.record.value;
        const Verdict verdict = !node.key_ ? Verdict::free : changed ? Verdict::changed : Verdict::revoked;
        if (!changed) node.key_.reset();
        mark(std::string{op.record.token()}, op.void_for(), op.words);
        if (!changed) {
            published.emplace_back(key.revoked_channel(), op.message());
            node.tell_first(key, now, published);
        }
        return {verdict};
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

NodeReply NodeState::look(milliseconds now) {
    expire(now);
    NodeReply reply{
        .verdict = key_ ? Verdict::held : Verdict::free, .ttl_left = milliseconds{-2}, .fence = Fence{last_fence()}};
    if (key_) {
        reply.value = key_->text;
        reply.ttl_left = key_->until - now;
    }
    for (const auto& [ticket, entry] : queue_) {
        const auto seen = seen_.find(entry);
        if (seen == seen_.end() || seen->second <= now) continue;
        reply.queue.push_back({Record::parse(entry), std::max(now - milliseconds{ticket}, milliseconds{0})});
    }
    reply.success = success(now);
    reply.waiting = static_cast<size_t>(std::ranges::count_if(seen_, [&](const auto& e) { return e.second > now; }));
    return reply;
}

} // namespace holdfast::sim
