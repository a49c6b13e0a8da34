#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/command_table.hpp"
#include "cli/environment.hpp"
#include "cli/run_messages.hpp"
#include "cli/run_report.hpp"
#include "cli/taking.hpp"
#include "cli/waiting.hpp"
#include "lock/hold.hpp"
#include "lock/waiter.hpp"
#include "process/exec_failure.hpp"
#include "process/group.hpp"
#include "process/priority.hpp"
#include "process/supervisor.hpp"

#include <fmt/format.h>

#include <array>
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
    Run(const Arguments& typed, const Settings& settings)
        : typed_{typed}, settings_{settings}, nodes_{configured_nodes(settings)},
          lock_{NodeSet{nodes_, settings.node_timeout}, lock_key(typed.name, settings),
                lock_terms(settings, nodes_.size(), settings.grace, waits_longer_by(), settings.min_hold),
                this_process(settings.label.value_or(program_name(typed.words.front())), settings.ttl)},
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
        const Command command = command_with_environment(typed_.words);
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
        if (ending.exec_error != 0) throw exec_failure(typed_.words.front(), ending.exec_error);
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
        forked.child->go(*not_after, variables);
        const Ending ending = supervisor.run([&] { return hold.keep_up(); });
        report_.held = hold.held();
        tell_let_go(log_, lock_, hold.let_go({ending.lost, ending.exec_error == 0}), *report_.held);
        return ending;
    }

    const Arguments& typed_;
    const Settings& settings_;
    const Log log_{settings_.verbosity};
    const std::vector<Node> nodes_;
    Lock lock_;
    std::vector<RunAround> around_; ///< the runs around us; from the win on also this run
    Signals signals_;
    RunReport report_;
    bool release_on_failure_ = true;
};

Exit run(const Arguments& typed, const Settings& settings) {
    std::optional<StatusFd> wanted;
    if (const auto& number = typed.value("--status-fd")) wanted.emplace(*number);
    const auto tell = [&](int status, const RunReport& report) {
        if (wanted) wanted->write(typed.name, status, report);
    };
    std::optional<Run> one;
    try {
        one.emplace(typed, settings);
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

/// The words become those of a shell if -c was typed.
void take_shell(Arguments& typed) {
    std::vector<std::string>& words = typed.words;
    const auto& shell = typed.value("--shell");
    if (shell && !words.empty())
        throw Failure{ExitStatus::usage, fmt::format("-c and the command '{}' contradict each other; give one of them",
                                                     printable(words.front()))};
    if (shell && shell->empty())
        throw Failure{ExitStatus::usage, "the command of -c is empty; as in: holdfast run NAME -c 'COMMAND'"};
    if (shell) words = {"/bin/sh", "-c", *shell};
    if (words.empty())
        throw Failure{ExitStatus::usage,
                      fmt::format("no command behind the lock's name '{0}'; as in: holdfast run {0} -- COMMAND",
                                  printable(typed.name))};
}

constexpr std::array own{
    OptionSyntax{"-c,--shell", "STRING", "run the command through /bin/sh"},
    OptionSyntax{"--status-fd", "N", "write how the run ended to descriptor N, as a line of JSON"},
};

} // namespace

constinit const CommandRow run_command{
    .name = "run",
    .synopsis = "NAME [--] COMMAND [ARGUMENT...]\nNAME -c 'STRING'",
    .help = "take lock NAME, run a command while holding it, release it",
    .exit_status = as_the_command,
    .settings = Option::Scope::running,
    .options = own,
    .behind = CommandRow::Behind::command,
    .interpret = take_shell,
    .run = run,
};

} // namespace holdfast
