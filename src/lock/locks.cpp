#include "lock/locks.hpp"

#include <algorithm>
#include <iterator>

namespace holdfast {
namespace {

/// The earliest of the instants that `of` gives for the locks; nothing if one lock has none.
std::optional<BootTime> earliest(std::span<Lock> locks, std::optional<BootTime> (Lock::*of)() const) {
    std::optional<BootTime> earliest = BootTime::max();
    for (const Lock& lock : locks) {
        const auto one = (lock.*of)();
        if (!one) return {};
        earliest = std::min(*earliest, *one);
    }
    return earliest;
}

} // namespace

std::optional<BootTime> Locks::valid_until() const { return earliest(locks_, &Lock::valid_until); }

bool Locks::valid() const { return std::ranges::all_of(locks_, &Lock::valid); }

std::optional<BootTime> Locks::start_until() const { return earliest(locks_, &Lock::start_until); }

bool Locks::worth_starting() const { return std::ranges::all_of(locks_, &Lock::worth_starting); }

BootTime Locks::newest_answer() const { return std::ranges::max_element(locks_, {}, &Lock::heard_at)->heard_at(); }

BootTime Locks::oldest_answer() const { return std::ranges::min_element(locks_, {}, &Lock::heard_at)->heard_at(); }

void Locks::listen_for_revocation() {
    for (Lock& lock : locks_) lock.listen_for_revocation();
}

std::vector<NodeSet*> Locks::node_sets(NodeSet* others) const {
    std::vector<NodeSet*> sets;
    if (others != nullptr) sets.push_back(others);
    for (const Lock& lock : locks_)
        if (std::ranges::count(sets, &lock.nodes()) == 0) sets.push_back(&lock.nodes());
    return sets;
}

bool Locks::wait(BootTime until, int interrupt, NodeSet* others) {
    return NodeSet::wait(node_sets(others), until, interrupt);
}

std::vector<Message> Locks::take_messages(NodeSet* others) {
    std::vector<Message> all;
    for (NodeSet* nodes : node_sets(others)) std::ranges::move(nodes->take_messages(), std::back_inserter(all));
    return all;
}

bool Locks::told_of_revocation(const std::vector<Message>& messages) {
    bool told = false;
    for (Lock& lock : locks_) told = lock.told_of_revocation(messages) || told;
    return told;
}

Renewal Locks::round(const std::function<Renewal(Lock&)>& one) {
    Renewal all = Renewal::held;
    for (Lock& lock : locks_) {
        const Renewal renewal = one(lock);
        if (renewal == Renewal::held) continue;
        worst_ = &lock;
        all = renewal;
        if (renewal == Renewal::lost) break;
    }
    return all;
}

Renewal Locks::extend(const std::function<void()>& moved, int interrupt) {
    return round([&](Lock& lock) { return lock.extend(moved, interrupt, await(lock)); });
}

Renewal Locks::confirm() {
    return round([](Lock& lock) { return lock.confirm(); });
}

std::string Locks::why_lost() const {
    return which() + worst_->taken_away().value_or("the nodes no longer grant it" + node_lines(worst_->last_reports()));
}

std::string Locks::why_shaky() const {
    return which() + "it could not be renewed in time" + node_lines(worst_->last_reports());
}

void Locks::note_start() {
    for (Lock& lock : locks_) lock.note_start();
}

void Locks::push_notes() {
    for (NodeSet* nodes : node_sets()) nodes->push();
}

void Locks::succeeded(BootTime go) {
    for (Lock& lock : locks_) lock.succeeded(go);
}

void Locks::ended(const RunEnd& end) {
    for (Lock& lock : locks_) lock.ended(end);
}

std::vector<bool> Locks::release() {
    std::vector<bool> confirmed;
    for (Lock& lock : locks_) confirmed.push_back(lock.release(await(lock)));
    return confirmed;
}

std::vector<bool> Locks::keep(milliseconds rest) {
    std::vector<bool> confirmed;
    for (Lock& lock : locks_) confirmed.push_back(lock.keep(rest, await(lock)));
    return confirmed;
}

} // namespace holdfast
