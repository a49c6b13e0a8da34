#include "sim/contender.hpp"

#include "process/stopping.hpp"

namespace holdfast::sim {

std::vector<Node> nodes_of(const Plan& plan) {
    std::vector<Node> nodes(plan.nodes.size());
    for (size_t i = 0; i < nodes.size(); ++i) {
        nodes[i].host = "node";
        nodes[i].port = static_cast<uint16_t>(i);
        nodes[i].durable = plan.nodes[i].remembers;
    }
    return nodes;
}

const LockKey& the_key() {
    static const LockKey key{"job", "holdfast:"};
    return key;
}

Contender::Contender(World& world, Oracle& oracle, size_t index, const Plan& plan, const ContenderPlan& own)
    : world_{world}, oracle_{oracle}, index_{index}, plan_{plan}, own_{own}, times_{plan.terms.timing.grace,
                                                                                    plan.terms.timing.kill_margin()},
      process_{world, fmt::format("run {}", index), own.boot, own.wall}, interrupt_{process_.new_fd()} {}

void Contender::begin() {
    if (process_.killed()) return;
    state_ = State::waiting;
    process_.run([this] {
        live();
        over();
    });
}

void Contender::over() {
    state_ = State::over;
    world_.trace("{} is over", process_.name());
    oracle_.gone(run_);
}

void Contender::kill() {
    if (state_ == State::over) return;
    world_.trace("{} is killed", process_.name());
    process_.kill();
    over();
    if (command_) world_.after(milliseconds{1}, [this] { command_->orphaned(); });
}

void Contender::live() {
    NodeSet nodes{nodes_of(plan_), plan_.terms.timing.node_timeout};
    LockTerms terms = plan_.terms;
    terms.kind = own_.kind;
    Lock lock{nodes, the_key(), terms,
              Holder{"job", "me", process_.name(), static_cast<int>(index_), milliseconds{0}, plan_.terms.timing.ttl}};
    run_ = lock.token().run;
    world_.trace("{} wants the lock, {} {}, as {}", process_.name(), holdfast::name_of(own_.kind.way), own_.kind.limit,
                 run_.substr(28));
    const Attempt attempt = acquire(lock, {own_.patience}, interrupt_, [&](const Attempt& failed) {
        world_.trace("{}: attempt {} has ended as {}", process_.name(), lock.token().attempt,
                     static_cast<int>(failed.outcome));
    });
    if (attempt.outcome != Outcome::won) {
        refused_ = attempt.outcome;
        world_.trace("{} has not got it: {}", process_.name(), static_cast<int>(attempt.outcome));
        return;
    }
    if (process_.readable(interrupt_)) {
        refused_ = Outcome::interrupted;
        lock.release();
        return;
    }
    token_ = lock.token().text();
    won_at_ = world_.now();
    state_ = State::holding;
    world_.trace("{} has won as attempt {} with the number {}", process_.name(), lock.token().attempt,
                 lock.fence().number);
    hold(lock);
}

LiveDeadline::Watch Contender::watch() {
    return {[this](std::optional<BootTime> before, BootTime now) {
                // Who is stopped between its look at the clock and this tells late what was true in time.
                const bool just_continued = process_.dawdled_until() == world_.now();
                if (before && process_.boot_now() >= *before && now > *before && !just_continued)
                    oracle_.violated(Invariant::i4, fmt::format("{} revives {}", process_.name(), token_));
                oracle_.claims(token_, true_time(now));
            },
            [this] {
                world_.trace("{} knows that its lock is lost", process_.name());
                oracle_.lost(token_);
            }};
}

void Contender::hold(Lock& lock) {
    deadline_.emplace(watch());
    Hold hold{lock, *deadline_, own_.min_hold};
    process_.point(true);
    const auto not_after = hold.start_until();
    if (!not_after) {
        lock.release();
        return;
    }
    // The go; the child that waits for it looks at the clock itself.
    process_.point(true);
    const bool started = process_.boot_now() <= *not_after;
    if (started) {
        world_.trace("the command of {} starts", process_.name());
        command_.emplace(process_, *deadline_, times_, own_.command, [this] { oracle_.command_ended(token_); });
        oracle_.command_started(token_, lock.fence());
        supervise(hold);
    }
    const Hold::LetGo let_go = hold.let_go({.lost = was_lost_, .started = started});
    kept_ = let_go.how == Hold::LetGo::How::kept;
    // Clocks differ by a tenth at most.
    if (kept_ && let_go.confirmed.front()) oracle_.kept(token_, *won_at_ + nanoseconds{own_.min_hold} * 4 / 5);
    was_lost_ = was_lost_ || !started;
}

void Contender::supervise(Hold& hold) {
    Stopping stopping{times_, true};
    BootTime keep_up_at{};
    const BootTime ends_at = own_.max_hold ? BootClock::now() + *own_.max_hold : BootTime::max();
    while (command_->runs()) {
        const BootTime now = BootClock::now();
        stopping.look(*deadline_, command_->told(), now);
        if (now >= ends_at && !stopping.stopping()) stopping.stop(now + times_.grace);
        const Stopping::Due due = stopping.due(now);
        if (due.term) command_->terminate();
        if (due.kill) command_->kill();
        if (BootClock::now() >= keep_up_at) keep_up_at = hold.keep_up();
        std::vector<pollfd> fds{{command_->ended_fd(), POLLIN, 0}, {deadline_->event(), POLLIN, 0}};
        const BootTime next = due.kill ? now + milliseconds{50} : stopping.next(*deadline_);
        poller_.wait(fds, std::min({next, keep_up_at, stopping.stopping() ? BootTime::max() : ends_at}));
        deadline_->clear_event();
    }
    was_lost_ = stopping.lost() || deadline_->over(BootClock::now());
}

} // namespace holdfast::sim
