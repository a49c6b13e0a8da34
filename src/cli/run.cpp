#include "cli/run.hpp"

#include "base/error.hpp"
#include "cli/environment.hpp"
#include "cli/run_messages.hpp"
#include "cli/taking.hpp"
#include "cli/target.hpp"
#include "cli/waiting.hpp"
#include "lock/hold.hpp"
#include "lock/waiter.hpp"
#include "process/exec_failure.hpp"
#include "process/group.hpp"
#include "process/priority.hpp"
#include "process/supervisor.hpp"

#include <csignal>
#include <optional>
#include <span>

namespace holdfast {
namespace {

StopRules stop_rules(const Settings& settings, const Timing& timing) {
    return {.times = {timing.grace, timing.kill_margin()},
            .stop_on_loss = settings.on_lost == Settings::OnLost::stop,
            .max_hold = settings.max_hold,
            .tree = settings.tree,
            .kill_leftovers = settings.leftovers == Settings::Leftovers::kill,
            .leave_leftovers = settings.leftovers == Settings::Leftovers::leave};
}

/// The terms of a run with --once-in. Throws Failure if they cannot be kept.
LockTerms once(LockTerms terms, std::optional<milliseconds> once_in) {
    if (once_in && terms.mode == Mode::transactions)
        throw Failure{ExitStatus::configuration, "--once-in needs Lua scripts on the nodes, which --no-scripts rules "
                                                 "out; leave one of them out"};
    terms.once_in = once_in;
    return terms;
}

std::string program_name(const std::string& word) { return word.substr(word.rfind('/') + 1); }

/// The processes that are forked while the nodes have not answered yet, so that little is left to do once the lock is
/// won. The guard waits for a group, the child for its go.
struct Forked {
    LiveDeadline deadline;
    std::optional<Guard> guard;
    std::optional<Child> child;

    void fork(const Command& command, const StopRules& rules, bool inner, const Signals& signals,
              std::span<const int> sockets) {
        if (rules.stop_on_loss || inner)
            guard.emplace(deadline, GuardRules{rules.times, rules.tree, inner, rules.stop_on_loss});
        // The child ends with us only if there is a guard, and not with --tree, because the guard must find its
        // children first.
        child.emplace(command, signals, sockets, guard && !rules.tree);
    }
};

/// One run, from the wait for the lock to its release.
class Run {
  public:
    Run(const std::string& name, const LockKind& kind, std::optional<milliseconds> once_in,
        const std::vector<std::string>& words, const Settings& settings, RunReport& report)
        : words_{words}, settings_{settings}, report_{report}, nodes_{configured_nodes(settings)},
          node_set_{nodes_, settings.node_timeout},
          lock_{node_set_, lock_key(name, settings),
                once(lock_terms(settings, nodes_.size(), kind, settings.grace, waits_longer_by(), settings.min_hold),
                     once_in),
                this_process(settings.label.value_or(program_name(words.front())), settings.ttl)},
          around_{runs_around()} {
        refuse_inside_itself(around_, lock_.key(), nodes_, settings);
    }

    Exit run() {
        try {
            return acquire_and_hold();
        } catch (...) {
            if (release_on_failure_) lock_.release();
            throw;
        }
    }

  private:
    Exit acquire_and_hold() {
        advise(nodes_, log_);
        if (settings_.tree) require_proc();
        const Command command = command_with_environment(words_);
        const StopRules rules = stop_rules(settings_, lock_.timing());
        Forked forked;
        const Attempt attempt =
            wait_for_lock([&] { forked.fork(command, rules, !around_.empty(), signals_, lock_.nodes().sockets()); });
        signals_.take_stops();
        if (const auto signal = signals_.next_ending()) {
            if (attempt.outcome == Outcome::won) lock_.release();
            report_.result = "interrupted";
            return Exit::of_signal(*signal);
        }
        if (attempt.outcome != Outcome::won) {
            if (attempt.outcome == Outcome::skipped) report_.result = "already_done";
            if (attempt.outcome == Outcome::held || attempt.outcome == Outcome::reserved ||
                attempt.outcome == Outcome::contended)
                report_.result = "not_acquired";
            // The failed attempt has already taken back its keys, so there is nothing to release.
            release_on_failure_ = false;
            return refuse(lock_, attempt, settings_, Refused::command);
        }
        const Ending ending = hold(forked, rules, attempt);
        // The signal was typed for our whole group and reached the command alone. A script that runs us now ends by it,
        // as without us; we have the signal blocked, and go on to the end.
        if (ending.missed_signal != 0) ::kill(0, ending.missed_signal);
        if (ending.exec_error == ETIME) report_.result = "lost";
        if (ending.exec_error != 0) throw exec_failure(words_.front(), ending.exec_error);
        return exit_of(ending, report_);
    }

    Attempt wait_for_lock(const std::function<void()>& meanwhile) {
        const BootTime begin = BootClock::now();
        WaitingDisplay display{lock_, log_, settings_.wait};
        Attempt attempt = acquire(
            lock_, {settings_.wait}, signals_.ending_fd(), [&](const Attempt& failed) { display.show(failed); },
            meanwhile);
        report_.waited = std::chrono::duration_cast<milliseconds>(BootClock::now() - begin);
        return attempt;
    }

    /// Holds the won lock around the command, from its go to its end, and lets go of it.
    Ending hold(Forked& forked, const StopRules& rules, const Attempt& won) {
        Hold hold{lock_, forked.deadline, settings_.min_hold};
        report_.fence = lock_.fence();
        report_.slot = lock_.slot();
        log_.tell(event::Acquired{lock_.key().name, lock_.fence().number, *report_.waited, won.nodes});
        Terminal terminal;
        if (forked.child->gone())
            throw Failure{ExitStatus::internal,
                          "the command was not started: its process was killed while it waited for the "
                          "lock, perhaps for want of memory; try again"};
        Supervisor supervisor{
            *forked.child, forked.guard ? &*forked.guard : nullptr, terminal, signals_, forked.deadline, rules, log_};
        const auto not_after = hold.start_until();
        if (!not_after) {
            report_.result = "lost";
            throw not_started(lock_);
        }
        around_.push_back({our_process(), lock_.token(), lock_on(lock_.key(), nodes_)});
        const std::vector<std::string> variables = lock_variables(lock_, nodes_, settings_, around_);
        if (forked.guard && !forked.guard->watch(forked.child->pid()))
            throw system_failure("cannot start the guard process");
        // After the go, a failure here does not tell whether the command lives, so the lock is left to its TTL.
        release_on_failure_ = false;
        const BootTime go = BootClock::now();
        forked.child->go(*not_after, variables);
        const Ending ending = supervisor.run([&] { return hold.keep_up(); });
        report_.held = hold.held();
        const auto succeeded = ending.succeeded() ? std::optional{go} : std::nullopt;
        tell_let_go(log_, lock_, hold.let_go({ending.lost, ending.exec_error == 0, succeeded}), *report_.held);
        return ending;
    }

    const std::vector<std::string>& words_;
    const Settings& settings_;
    RunReport& report_;
    const Log log_{settings_.verbosity};
    const std::vector<Node> nodes_;
    NodeSet node_set_;
    Lock lock_;
    std::vector<RunAround> around_; ///< the runs around us; from the win on also this run
    Signals signals_;
    bool release_on_failure_ = true;
};

} // namespace

Exit run_under_lock(const std::string& name, const LockKind& kind, std::optional<milliseconds> once_in,
                    const std::vector<std::string>& words, const Settings& settings, RunReport& report) {
    return Run{name, kind, once_in, words, settings, report}.run();
}

} // namespace holdfast
