#include "base/duration.hpp"
#include "base/error.hpp"
#include "cli/environment.hpp"
#include "cli/messages.hpp"
#include "cli/run_report.hpp"
#include "cli/taking.hpp"
#include "cli/waiting.hpp"
#include "lock/renewer.hpp"
#include "lock/waiter.hpp"
#include "process/exec_failure.hpp"
#include "process/group.hpp"
#include "process/priority.hpp"
#include "process/supervisor.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <optional>
#include <span>
#include <unistd.h>

namespace holdfast {
namespace {

Rules rules_of(const Settings& settings, const Timing& timing) {
    return {.times = {timing.grace, timing.kill_margin()},
            .stop_on_loss = settings.on_lost == Settings::OnLost::stop,
            .max_hold = settings.max_hold,
            .tree = settings.tree,
            .kill_leftovers = settings.leftovers == Settings::Leftovers::kill,
            .leave_leftovers = settings.leftovers == Settings::Leftovers::leave};
}

/// From the win to the go it takes less, unless this process or its host stands still.
constexpr milliseconds held_up_after{10};

std::string program_name(const std::string& word) { return word.substr(word.rfind('/') + 1); }

/// What is forked while the nodes think about the lock, so that little is left to do once it is won. Both wait: the
/// guard for a group, the child for its go.
struct Forked {
    LiveDeadline deadline;
    std::optional<Guard> guard;
    std::optional<Child> child;

    void fork(const Command& command, const Rules& rules, bool inner, const Signals& signals,
              std::span<const int> sockets) {
        if (rules.stop_on_loss || inner)
            guard.emplace(deadline, GuardRules{rules.times, rules.tree, inner, rules.stop_on_loss});
        child.emplace(command, signals, sockets);
    }
};

/// One run, from the wait for the lock to its release.
class Run {
  public:
    Run(const Arguments& arguments, const Settings& settings)
        : arguments_{arguments}, settings_{settings}, nodes_{configured_nodes(settings)},
          lock_{NodeSet{nodes_, settings.node_timeout}, lock_key(arguments, settings),
                lock_rules(settings, nodes_.size(), settings.grace, waits_longer_by()),
                this_process(settings.label.value_or(program_name(arguments.words.front())), settings.ttl)},
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

    const RunReport& report() const { return report_; }

  private:
    Exit acquire_and_hold() {
        advise(nodes_, log_);
        if (settings_.tree) require_proc();
        const Command command = command_with_environment(arguments_.words);
        const Rules rules = rules_of(settings_, lock_.timing());
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
            if (attempt.outcome == Outcome::held || attempt.outcome == Outcome::reserved ||
                attempt.outcome == Outcome::contended)
                report_.result = "not_acquired";
            // What it has left anywhere it has taken back.
            release_on_failure_ = false;
            return refuse(lock_, attempt, settings_, Refused::command);
        }
        acquired_ = BootClock::now();
        report_.fence = lock_.fence();
        log_.detail(
            "acquired",
            fmt::format("{} acquired, fence {}{}", lock_.key().name, lock_.fence().number, node_lines(attempt.nodes)),
            {{"fence", lock_.fence().number}, {"waited_ms", report_.waited->count()}});
        const Ending ending = hold(forked, rules);
        report_.held = since(acquired_);
        let_go(ending, forked.deadline.lost());
        // A script around us ends by it as it would without us. It waits for us too: we have it blocked.
        if (ending.missed_signal != 0) ::kill(0, ending.missed_signal);
        return exit_of(ending);
    }

    Attempt wait_for_lock(const std::function<void()>& meanwhile) {
        const BootTime begin = BootClock::now();
        WaitingDisplay display{lock_, log_, settings_.wait};
        Attempt attempt = acquire(
            lock_, {settings_.wait}, signals_.ending_fd(), [&](const Attempt& failed) { display.show(failed); },
            meanwhile);
        report_.waited = since(begin);
        return attempt;
    }

    /// Holds the won lock around the command, from its go to its end.
    Ending hold(Forked& forked, const Rules& rules) {
        Terminal terminal;
        if (const auto until = lock_.valid_until()) forked.deadline.move(*until);
        if (forked.child->gone())
            throw Failure{ExitStatus::internal,
                          "the command was not started: its process was killed while it waited for the "
                          "lock, perhaps for want of memory; try again"};
        if (forked.guard && !forked.guard->watch(forked.child->pid()))
            throw system_failure("cannot start the guard process");
        Supervisor supervisor{
            *forked.child, forked.guard ? &*forked.guard : nullptr, terminal, signals_, forked.deadline, rules, log_};
        if (BootClock::now() > acquired_ + held_up_after && lock_.worth_starting()) confirm(forked.deadline);
        const auto not_after = lock_.start_until();
        if (!not_after) throw not_started("the nodes no longer grant it");
        std::vector<std::string> variables = lock_variables(lock_, nodes_, settings_);
        around_.push_back({our_process(), lock_.token(), lock_on(lock_.key(), nodes_)});
        variables.push_back(fmt::format("HOLDFAST_HELD={}", held_text(around_)));
        std::optional<Renewer> renewer;
        // After the go nobody knows what of the command is still alive: then the lock is left to its TTL.
        release_on_failure_ = false;
        forked.child->go(*not_after, variables);
        // A thread, and a node's work to tell us of a force-release, would cost more than a short command.
        return supervisor.run([&] { start(renewer, forked.deadline); });
    }

    /// Asks the nodes once more, before the go: the lock may have been taken away while we were held up.
    void confirm(LiveDeadline& deadline) {
        // Past that no yes revives it (hazard 45).
        const bool confirmed = lock_.confirm() != Renewal::lost && !deadline.over(BootClock::now());
        if (!confirmed || !lock_.worth_starting())
            throw not_started(lock_.taken_away().value_or("the nodes no longer grant it"));
        if (const auto until = lock_.valid_until()) deadline.move(*until);
    }

    static Failure not_started(const std::string& why) {
        return {ExitStatus::lost, fmt::format("the command was not started, and the lock is gone: {}", why)};
    }

    /// Where that fails, the command must not go on under a lock that nobody renews.
    void start(std::optional<Renewer>& renewer, LiveDeadline& deadline) {
        try {
            renewer.emplace(lock_, deadline);
        } catch (const std::exception& error) {
            deadline.lose(fmt::format("renewal cannot be started: {}", error.what()));
        }
    }

    /// Lets go of the lock, or of as much of it as --min-hold allows.
    void let_go(const Ending& ending, bool lost_by_now) {
        const std::string ttl = format_duration(lock_.timing().ttl);
        const auto rest = std::chrono::ceil<milliseconds>(acquired_ + settings_.min_hold - BootClock::now());
        const bool keeps = rest > milliseconds{0} && !ending.lost && !lost_by_now && ending.exec_error == 0;
        if (keeps && !lock_.keep(rest))
            log_.info("not_kept", fmt::format("too few nodes confirmed that the lock stays held for {} more "
                                              "(--min-hold); it may be free sooner",
                                              format_duration(rest)));
        else if (!keeps && !lock_.release())
            log_.info("not_released",
                      fmt::format("too few nodes confirmed the release; the lock may stay held for up to {}", ttl));
        else
            log_.detail(
                keeps ? "kept" : "released",
                keeps ? fmt::format("{} stays held for {} more (--min-hold)", lock_.key().name, format_duration(rest))
                      : fmt::format("{} released after {}", lock_.key().name, format_duration(*report_.held)),
                {{"held_ms", report_.held->count()}});
    }

    /// What the end of the command makes of us. Says what went wrong where the command could not.
    Exit exit_of(const Ending& ending) {
        if (ending.exec_error == ETIME)
            throw Failure{ExitStatus::lost,
                          "the command was not started: this host stood still until the lock had run out"};
        if (ending.exec_error != 0)
            throw Failure{ending.exec_error == ENOENT ? ExitStatus::not_found : ExitStatus::cannot_execute,
                          exec_failure(arguments_.words.front(), ending.exec_error)};
        if (WIFSIGNALED(ending.wait_status)) report_.command_signal = WTERMSIG(ending.wait_status);
        else report_.command_status = WEXITSTATUS(ending.wait_status);
        report_.result = ending.lost ? "lost" : ending.timed_out ? "timed_out" : "ended";
        if (ending.lost) return ExitStatus::lost;
        if (ending.timed_out) return ExitStatus::timed_out;
        if (report_.command_signal) return Exit::of_signal(*report_.command_signal);
        return Exit::with(*report_.command_status);
    }

    static milliseconds since(BootTime begin) {
        return std::chrono::duration_cast<milliseconds>(BootClock::now() - begin);
    }

    const Arguments& arguments_;
    const Settings& settings_;
    const Log log_{settings_.verbosity};
    const std::vector<Node> nodes_;
    Lock lock_;
    std::vector<RunAround> around_; ///< and from the win on this one
    Signals signals_;
    RunReport report_;
    BootTime acquired_{};
    bool release_on_failure_ = true;
};

} // namespace

Exit run(const Arguments& arguments, const Settings& settings) {
    std::optional<StatusFd> wanted;
    if (arguments.status_fd) wanted.emplace(*arguments.status_fd);
    const auto tell = [&](int status, const RunReport& report) {
        if (wanted) wanted->write(arguments.name, status, report);
    };
    std::optional<Run> one;
    try {
        one.emplace(arguments, settings);
        const Exit exit = one->run();
        tell(exit.status, one->report());
        return exit;
    } catch (const Failure& failure) {
        RunReport report = one ? one->report() : RunReport{};
        report.message = failure.what();
        tell(static_cast<int>(failure.status()), report);
        throw;
    }
}

} // namespace holdfast
