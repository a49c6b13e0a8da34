#include "sim/node_state.hpp"

#include "base/canary.hpp"

#include <algorithm>

namespace holdfast::sim {

bool NodeState::waits_to_share(const std::string& entry) {
    return entry.find("\"kind\":\"shared\"") != std::string::npos;
}

void NodeState::expire(milliseconds now) {
    if (key_ && key_->until < now) key_.reset();
    if (members_until_ < now) clear_group();
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

void NodeState::tell_first(const LockKey& key, milliseconds now, std::vector<Published>& published,
                           const std::string& words) {
    const std::string* entry = first(now);
    if (entry == nullptr) return;
    const std::string run = entry->substr(0, entry->find(' '));
    published.emplace_back(waits_to_share(*entry) ? key.shared_turn_channel() : key.turn_channel(run), words);
}

void NodeState::settle(milliseconds now) {
    std::vector<std::pair<milliseconds, std::string>> ends;
    for (const auto& [seat, member] : members_) ends.emplace_back(member.until, seat);
    std::ranges::sort(ends);
    for (size_t i = 0; i < ends.size() && i < 20 && ends[i].first <= now; ++i) members_.erase(ends[i].second);
    if (!enforced(Rule::group_ends)) return;
    if (ends.empty() || ends.back().first <= now) {
        key_.reset();
        return clear_group();
    }
    members_until_ = ends.back().first;
    if (key_) key_->until = members_until_;
}

std::vector<Member> NodeState::members(milliseconds now) const {
    std::vector<Member> living;
    for (const auto& [seat, member] : members_)
        if (member.until > now) living.push_back({Record::parse(member.text), member.until - now});
    std::ranges::stable_sort(living, {}, &Member::left);
    if (living.size() > members_shown) living.erase(living.begin(), living.end() - members_shown);
    return living;
}

bool NodeState::group_outlives_members() const {
    return has_group() && std::ranges::none_of(members_, [&](const auto& m) { return m.second.until >= key_->until; });
}

std::vector<NodeState::Value> NodeState::holders(milliseconds now) const {
    if (!key_ || key_->until < now) return {};
    if (!is_group(key_->text)) return {*key_};
    std::vector<Value> living;
    for (const auto& [seat, member] : members_)
        if (member.until > now) living.push_back(member);
    return living;
}

bool NodeState::set_if_free(const std::string& value, milliseconds lasts, milliseconds now) {
    expire(now);
    if (key_) return false;
    key_ = {value, now + lasts};
    return true;
}

NodeReply NodeState::look(milliseconds now) {
    expire(now);
    NodeReply reply{
        .verdict = key_ ? Verdict::held : Verdict::free, .ttl_left = milliseconds{-2}, .fence = Fence{last_fence()}};
    if (key_) {
        reply.value = key_->text;
        reply.ttl_left = key_->until - now;
        if (is_group(key_->text)) reply.members = members(now);
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
