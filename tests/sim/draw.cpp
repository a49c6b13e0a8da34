#include "sim/draw.hpp"

#include <algorithm>
#include <initializer_list>

namespace holdfast::sim {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;

constexpr nanoseconds day = hours{24};
/// Of all wall clocks when a history begins.
constexpr nanoseconds today = 20'000 * day;

class Drawing {
  public:
    explicit Drawing(uint64_t seed) : rng_{seed} {}

    Plan plan() {
        draw_nodes();
        draw_timing();
        plan_.clocks_agree = rng_.chance(0.5);
        // Faults come in kinds, so that each can do its worst.
        const bool quiet = rng_.chance(0.1);
        const auto with = [&](double chance) { return !quiet && rng_.chance(chance); };
        horizon_ = rng_.between(seconds{2}, seconds{6});
        for (NodePlan& node : plan_.nodes) node.clock = {rate(), today + wrong(seconds{5})};
        const std::vector<LockKind> kinds = draw_kinds();
        const size_t contenders = kinds.size() == 1 ? 1 + rng_.below(4) : 2 + rng_.below(6);
        for (size_t i = 0; i < contenders; ++i) draw_contender(kinds[rng_.below(kinds.size())]);
        if (rng_.chance(0.06) && n() > 1) return alone(&Drawing::draw_key_loss);
        if (rng_.chance(0.03)) return alone(&Drawing::draw_unkillable);
        draw_link(with(0.4), with(0.3));
        if (with(0.35)) draw_stalls();
        if (with(0.25)) draw_hangs();
        if (with(0.45)) draw_deaths();
        if (with(0.4)) draw_stops();
        if (with(0.2)) one().killed_at = any_time();
        if (with(0.2)) one().interrupted_at = any_time();
        if (with(0.25)) draw_revocation();
        if (with(0.15)) draw_full_nodes();
        if (n() > 1 && with(0.1)) draw_key_loss();
        if (rng_.chance(0.2)) draw_plain_clients();
        draw_end();
        return std::move(plan_);
    }

  private:
    const Timing& timing() const { return plan_.terms.timing; }
    size_t n() const { return plan_.nodes.size(); }
    Instant any_time() { return rng_.between(Instant{0}, horizon_); }
    ContenderPlan& one() { return plan_.contenders[rng_.below(plan_.contenders.size())]; }
    template <typename Value>
    Value any_of(std::initializer_list<Value> values) {
        return *(values.begin() + rng_.below(values.size()));
    }

    /// A history of one kind of fault, in which all else is well.
    Plan alone(void (Drawing::*fault)()) {
        draw_link(false, false);
        plan_.finds_out = true;
        (this->*fault)();
        draw_end();
        return std::move(plan_);
    }

    /// Exactly a quorum grants the lock, and one node of it loses the key.
    void draw_key_loss() {
        plan_.calm = false;
        const auto kind = rng_.chance(0.5) ? NodeFault::Kind::hangs : NodeFault::Kind::dies;
        for (size_t i = 0; i < n() / 2; ++i)
            plan_.node_faults.push_back({kind, Instant{0}, i, horizon_ + timing().ttl});
        KeyLoss loss{.which = static_cast<unsigned>(rng_.below(n())), .everything = rng_.chance(0.3)};
        // Before the go, before renewal begins, and while the command runs.
        loss.delay =
            any_of({rng_.between(nanoseconds{0}, milliseconds{2}), rng_.between(nanoseconds{0}, milliseconds{12}),
                    rng_.between(nanoseconds{0}, nanoseconds{timing().ttl} * 3 / 2)});
        if (rng_.chance(0.6)) {
            loss.dawdles_at = 1 + static_cast<unsigned>(rng_.below(45));
            loss.dawdles = rng_.between(milliseconds{5}, timing().ttl * 3 / 4);
        }
        plan_.key_loss = loss;
    }

    /// What is told to end, and killed, lives on for a while.
    void draw_unkillable() {
        ContenderPlan& plan = one();
        plan.max_hold = milliseconds{static_cast<int>(rng_.below(500))};
        plan.command = {timing().ttl * 10, never, rng_.between(timing().ttl, timing().ttl * 4)};
    }

    /// They keep and prolong what they have, and take nothing.
    void draw_full_nodes() {
        plan_.calm = false;
        const size_t count = 1 + rng_.below(n());
        for (size_t i = 0; i < count; ++i)
            plan_.node_faults.push_back(
                {NodeFault::Kind::full, any_time(), rng_.below(n()), rng_.between(milliseconds{5}, timing().ttl * 2)});
    }

    void draw_nodes() {
        plan_.nodes.resize(any_of<size_t>({1, 3, 3, 3, 5}));
        for (NodePlan& node : plan_.nodes) node.remembers = rng_.chance(0.1);
    }

    void draw_timing() {
        Timing& timing = plan_.terms.timing;
        timing.drift_ratio = any_of({0.01, 0.01, 0.1});
        timing.ttl = any_of({milliseconds{1000}, milliseconds{1500}, milliseconds{2000}, milliseconds{3000}});
        timing.node_timeout = timing.ttl / any_of({10, 20, 50});
        timing.grace = any_of({milliseconds{0}, timing.ttl / 20, timing.ttl / 8});
        plan_.terms.restart_guard = timing.ttl;
        plan_.terms.history = 100;
    }

    /// Any two differ by the drift at most.
    double rate() {
        const double half = timing().drift_ratio / 2;
        return 1 + (rng_.chance(0.4) ? any_of({-half, half}) : rng_.between(-half, half));
    }

    nanoseconds wrong(nanoseconds by) {
        if (plan_.clocks_agree) by = milliseconds{5};
        return rng_.between(-by, by);
    }

    void draw_clocks(ContenderPlan& plan) {
        plan.boot = {rate(), rng_.between(hours{1}, 30 * day)};
        plan.wall = {plan.boot.rate, today + wrong(rng_.chance(0.2) ? day : nanoseconds{seconds{2}})};
    }

    /// Of which kinds the contenders are.
    std::vector<LockKind> draw_kinds() {
        const LockKind exclusive{};
        const LockKind shared{LockKind::Way::shared};
        const LockKind slots{LockKind::Way::slots, 1 + static_cast<unsigned>(rng_.below(3))};
        const LockKind other_slots{LockKind::Way::slots, slots.limit + 1};
        switch (rng_.below(10)) {
        case 0: return {exclusive, shared};
        case 1: return {slots, slots};
        case 2: return {exclusive, slots, slots};
        case 3:
        case 4: return {exclusive, shared, slots};
        case 5: return {shared, slots, slots, other_slots};
        default: return {exclusive};
        }
    }

    void draw_contender(LockKind kind) {
        ContenderPlan plan;
        plan.kind = kind;
        draw_clocks(plan);
        // Many at once, or one after the other.
        plan.begins = rng_.chance(0.4) ? Instant{rng_.between(milliseconds{0}, milliseconds{2})}
                                       : rng_.between(Instant{0}, horizon_ * 3 / 4);
        if (rng_.chance(0.2)) plan.patience = milliseconds{0};
        else if (rng_.chance(0.2)) plan.patience = milliseconds{200 + static_cast<int>(rng_.below(3000))};
        // As long as the restart guard at most: then nodes that forget it have no vote.
        if (rng_.chance(0.1)) plan.min_hold = any_of({timing().ttl / 2, timing().ttl});
        plan.command.lasts = rng_.chance(0.4) ? rng_.between(milliseconds{1}, milliseconds{100})
                                              : rng_.between(milliseconds{100}, timing().ttl * 2);
        plan.command.obeys_after = rng_.chance(0.3) ? never : rng_.between(milliseconds{0}, milliseconds{20});
        plan.command.dies_after = rng_.between(nanoseconds{0}, nanoseconds{timing().kill_margin()} * 2 / 5);
        plan_.contenders.push_back(plan);
    }

    void draw_link(bool slow, bool loses) {
        Link& link = plan_.link;
        link.shortest = microseconds{50};
        link.longest = rng_.between(microseconds{100}, milliseconds{2});
        if (slow) {
            link.slow = rng_.between(0.005, 0.1);
            // Late enough for a timeout, and now and then for another holder.
            link.slowest =
                rng_.between(timing().node_timeout, rng_.chance(0.3) ? timing().ttl * 3 / 2 : timing().ttl / 3);
        }
        if (loses) {
            link.loses_request = rng_.between(0.0, 0.04);
            link.loses_reply = rng_.between(0.0, 0.04);
            link.loses_message = rng_.between(0.0, 0.5);
        }
        plan_.calm = plan_.calm && !slow && !loses;
    }

    void draw_stalls() {
        plan_.calm = false;
        const size_t count = 1 + rng_.below(2 * n());
        const Instant around = any_time();
        for (size_t i = 0; i < count; ++i)
            plan_.stalls.push_back({rng_.chance(0.5) ? around : any_time(), rng_.below(plan_.contenders.size()),
                                    rng_.below(n()), rng_.between(milliseconds{5}, timing().ttl * 3 / 2),
                                    rng_.chance(0.5)});
    }

    void draw_hangs() {
        plan_.calm = false;
        const size_t count = 1 + rng_.below(3);
        for (size_t i = 0; i < count; ++i)
            plan_.node_faults.push_back({NodeFault::Kind::hangs, any_time(), rng_.below(n()),
                                         rng_.between(milliseconds{5}, timing().ttl * 3 / 2)});
    }

    void draw_deaths() {
        plan_.calm = false;
        // One node alone that forgets has broken its word: README.md says so.
        const bool forgets = n() > 1 && rng_.chance(0.7);
        const auto kind = forgets ? NodeFault::Kind::forgets : NodeFault::Kind::dies;
        // Numbers grow over what is forgotten as long as clocks are right to a few seconds, as README.md says.
        if (forgets)
            for (NodePlan& node : plan_.nodes)
                node.clock.ahead = today + rng_.between(-milliseconds{500}, milliseconds{500});
        const bool rolling = rng_.chance(0.5);
        const Instant begin = any_time();
        const size_t count = rolling ? n() : 1 + rng_.below(3);
        for (size_t i = 0; i < count; ++i) {
            const auto down = rng_.chance(0.7) ? rng_.between(milliseconds{1}, milliseconds{50})
                                               : rng_.between(milliseconds{50}, timing().ttl);
            const Instant at =
                rolling ? begin + static_cast<int>(i) * rng_.between(milliseconds{1}, milliseconds{100}) : any_time();
            plan_.node_faults.push_back({kind, at, rolling ? i : rng_.below(n()), down});
        }
    }

    void draw_stops() {
        const size_t count = 1 + rng_.below(3);
        for (size_t i = 0; i < count; ++i) {
            const nanoseconds lasts = rng_.chance(0.5) ? rng_.between(milliseconds{1}, timing().node_timeout * 3)
                                                       : rng_.between(timing().ttl / 3, timing().ttl * 2);
            ContenderPlan& plan = one();
            const bool early = rng_.chance(0.6);
            plan.stops.push_back({early ? plan.begins : any_time(),
                                  rng_.chance(0.7) ? 1 + static_cast<unsigned>(rng_.below(early ? 60 : 20)) : 0,
                                  lasts});
        }
    }

    /// They know no restart guard.
    void draw_plain_clients() {
        const auto forgets = [](const NodeFault& fault) { return fault.kind == NodeFault::Kind::forgets; };
        if (plan_.key_loss || std::ranges::any_of(plan_.node_faults, forgets)) return;
        const size_t count = 1 + rng_.below(2);
        for (size_t i = 0; i < count; ++i)
            plan_.plain_clients.push_back({any_time(), rng_.between(milliseconds{1}, timing().ttl)});
    }

    void draw_revocation() {
        RevocationPlan revocation{
            .at = any_time(), .from_whom_wins = rng_.chance(0.6), .whole_group = rng_.chance(0.3)};
        revocation.delay = rng_.between(nanoseconds{0}, milliseconds{1});
        if (revocation.from_whom_wins && rng_.chance(0.7)) {
            revocation.dawdles_at = 1 + static_cast<unsigned>(rng_.below(25));
            revocation.dawdles = rng_.between(milliseconds{1}, nanoseconds{timing().node_timeout} / 2);
        }
        draw_clocks(revocation.operator_plan);
        plan_.revocation = revocation;
    }

    void draw_end() {
        plan_.heals_at = horizon_;
        const auto later = [&](Instant at) { plan_.heals_at = std::max(plan_.heals_at, at); };
        for (const NodeFault& fault : plan_.node_faults) later(fault.at + fault.lasts);
        for (const Stall& stall : plan_.stalls) later(stall.at + stall.lasts);
        later(horizon_ + plan_.link.slowest);
        for (const ContenderPlan& contender : plan_.contenders)
            for (const auto& stop : contender.stops) later(horizon_ + 2 * stop.lasts);
        // A dead holder's lease, a dead waiter's entry, a node without a vote, and each command with its release.
        nanoseconds needs =
            2 * timing().ttl + seconds{3} + 2 * timing().node_timeout + 2 * *plan_.terms.restart_guard + seconds{2};
        for (const ContenderPlan& contender : plan_.contenders)
            needs += contender.command.lasts + contender.command.dies_after + contender.min_hold + milliseconds{2500};
        needs += static_cast<int>(plan_.plain_clients.size()) * timing().ttl;
        plan_.ends_at = plan_.heals_at + needs;
    }

    Rng rng_;
    Plan plan_;
    Instant horizon_{};
};

} // namespace

Plan draw(uint64_t seed) { return Drawing{seed}.plan(); }

} // namespace holdfast::sim
