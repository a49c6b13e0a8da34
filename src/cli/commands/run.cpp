#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/numbered.hpp"
#include "cli/command.hpp"
#include "cli/environment.hpp"
#include "cli/lock_view.hpp"
#include "cli/messages.hpp"
#include "cli/mistakes.hpp"
#include "cli/run_report.hpp"
#include "cli/taking.hpp"
#include "cli/target.hpp"
#include "cli/waiting.hpp"
#include "config/node_list.hpp"
#include "lock/hold.hpp"
#include "lock/waiter.hpp"
#include "process/exec_failure.hpp"
#include "process/forked.hpp"
#include "process/group.hpp"
#include "process/priority.hpp"
#include "process/supervisor.hpp"

#include <fmt/format.h>

#include <algorithm>
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

/// The terms of a run with --once-in. Throws Failure if they cannot be kept.
LockTerms once(LockTerms terms, std::optional<milliseconds> once_in) {
    if (once_in && terms.mode == Mode::transactions)
        throw Failure{ExitStatus::configuration, "--once-in needs Lua scripts on the nodes, which --no-scripts rules "
                                                 "out; leave one of them out"};
    terms.once_in = once_in;
    return terms;
}

std::vector<ProcessId> processes(const std::vector<RunAround>& runs) {
    std::vector<ProcessId> all;
    for (const RunAround& run : runs) all.push_back(run.process);
    return all;
}

/// For a message: a node's address may stand where the name should.
std::string shown_name(const std::string& name) {
    return printable(name.find('@') == std::string::npos ? name : masked(Secret{name}));
}

Hold::End end_of(const Ending& ending, BootTime go) {
    Hold::End end{.lost = ending.lost, .started = ending.exec_error == 0};
    if (ending.succeeded()) end.succeeded = go;
    if (!end.started) return end;
    if (WIFSIGNALED(ending.wait_status)) end.signal = WTERMSIG(ending.wait_status);
    else end.status = WEXITSTATUS(ending.wait_status);
    return end;
}

/// The nodes that all locks of a run share. A node of a cluster is the master of a key's slot, so there each lock needs
/// nodes of its own.
std::vector<NodeSet> node_sets(const std::vector<Node>& nodes, milliseconds node_timeout, size_t locks) {
    const bool by_key = std::ranges::count(nodes, Node::Locator::cluster, &Node::locator) > 0;
    std::vector<NodeSet> sets;
    for (size_t i = 0; i < (by_key ? locks : 1); ++i) sets.emplace_back(nodes, node_timeout);
    return sets;
}

/// The locks with these keys, in the order in which every run takes its locks: in byte order of the keys.
std::vector<Lock> locks_on(std::vector<NodeSet>& sets, std::vector<LockKey> keys, const LockTerms& terms,
                           const Holder& self) {
    std::ranges::sort(keys, {}, &LockKey::key);
    const std::string run = random_id();
    std::vector<Lock> locks;
    for (const LockKey& key : keys)
        locks.emplace_back(sets[std::min(locks.size(), sets.size() - 1)], key, terms, self, run);
    return locks;
}

/// One run: waits for its locks, holds them around the command, lets go of them. Main thread, before any other is
/// started.
class Run {
  public:
    /// `names` are the locks, with commas between them, all held in that kind; `words` the command; with `once_in`,
    /// which takes one name, the command is not run if it has succeeded within that time. The report says who runs.
    Run(const std::string& names, const LockKind& kind, std::optional<milliseconds> once_in,
        const std::vector<std::string>& words, const Settings& settings, RunReport& report)
        : names_{names}, words_{words}, settings_{settings}, report_{report}, nodes_{configured_nodes(settings)},
          keys_{new_lock_keys(names, settings)}, node_sets_{node_sets(nodes_, settings.node_timeout, keys_.size())},
          locks_{locks_on(
              node_sets_, keys_,
              once(lock_terms(settings, nodes_.size(), kind, settings.grace, waits_longer_by(), settings.min_hold),
                   once_in),
              report.us)},
          around_{runs_around()} {
        for (const LockKey& key : keys_) refuse_inside_itself(around_, key, nodes_, settings);
    }

    /// Fills the report as far as the run gets. Throws Failure, and first releases locks whose command was not started.
    Exit run() {
        try {
            return acquire_and_hold();
        } catch (...) {
            if (release_on_failure_) release();
            throw;
        }
    }

  private:
    void release() { Locks{locks_}.release(); }

    Exit acquire_and_hold() {
        advise(nodes_, log_);
        if (settings_.tree) require_proc();
        const Command command = command_with_environment(words_);
        const StopRules rules = stop_rules(settings_, locks_.front().timing());
        Forked forked{processes(around_)};
        const Taken taken =
            wait_for_locks([&] { forked.fork(command, rules, signals_, locks_.front().nodes().sockets()); });
        signals_.take_stops();
        if (const auto signal = signals_.next_ending()) {
            if (taken.won()) release();
            report_.result = "interrupted";
            return Exit::of_signal(*signal);
        }
        if (!taken.won()) {
            const Attempt& attempt = taken.attempts.back();
            if (attempt.outcome == Outcome::skipped) report_.result = "already_done";
            if (attempt.outcome == Outcome::held || attempt.outcome == Outcome::reserved ||
                attempt.outcome == Outcome::contended) {
                report_.result = "not_acquired";
                report_.holder = in_front_json(attempt);
            }
            // What was won has been given back, so there is nothing to release.
            release_on_failure_ = false;
            if (taken.lost)
                throw Failure{ExitStatus::too_few_nodes,
                              with_ending("a lock was lost again while the others were taken: " + *taken.lost,
                                          "; the command was not run")};
            return refuse(locks_[taken.attempts.size() - 1], attempt, settings_, Refused::command);
        }
        const Ending ending = hold(forked, rules, taken);
        // The signal was typed for our whole group and reached the command alone. A script that runs us now ends by it,
        // as without us; we have the signal blocked, and go on to the end.
        if (ending.missed_signal != 0) ::kill(0, ending.missed_signal);
        if (ending.exec_error == ETIME) report_.result = "lost";
        if (ending.exec_error != 0)
            throw exec_failure(
                words_.front(), ending.exec_error,
                {"the command behind the lock's name " + shown_name(names_), next_if_not_found(words_, names_)});
        return exit_of(ending, report_);
    }

    Taken wait_for_locks(const std::function<void()>& meanwhile) {
        const BootTime begin = BootClock::now();
        WaitingDisplay display{log_, settings_.wait, settings_.nodes_from};
        const OnTheWay on_the_way{[&](const Lock& lock, const Attempt& failed) { display.show(lock, failed); },
                                  [&](const std::string& why) {
                                      display.wipe();
                                      log_.tell(event::begins_again(why));
                                  }};
        Taken taken = acquire_all(locks_, {settings_.wait}, signals_.ending_fd(), on_the_way, meanwhile);
        report_.waited = std::chrono::duration_cast<milliseconds>(BootClock::now() - begin);
        return taken;
    }

    /// The locks in the order typed.
    std::vector<const Lock*> as_typed() const {
        std::vector<const Lock*> locks;
        for (const LockKey& key : keys_)
            locks.push_back(&*std::ranges::find(locks_, key.name, [](const Lock& lock) { return lock.key().name; }));
        return locks;
    }

    void tell_won(const Taken& won) {
        for (const Lock* lock : as_typed()) report_.locks.push_back({lock->key().name, lock->fence(), lock->slot()});
        for (size_t i = 0; i < locks_.size(); ++i)
            log_.tell(event::acquired(locks_[i].key().name, locks_[i].fence().number, *report_.waited,
                                      won.attempts[i].nodes));
    }

    /// Tells of each lock whether it was released, or kept for min_hold.
    void tell_let_go(const Hold::LetGo& let_go, const Hold::End& end) const {
        const std::string failure = end.signal               ? fmt::format("; signal {} ended its command", *end.signal)
                                    : end.status.value_or(0) ? fmt::format("; its command ended with {}", *end.status)
                                                             : "";
        const auto rest = let_go.how == Hold::LetGo::How::kept ? std::optional{let_go.rest} : std::nullopt;
        for (size_t i = 0; i < locks_.size(); ++i) {
            const Lock& lock = locks_[i];
            if (let_go.confirmed[i]) log_.tell(event::let_go(lock.key().name, *report_.held, rest, failure));
            else log_.tell(event::not_let_go(lock.key().name, lock.timing().ttl, rest, lock.last_reports()));
            if (!lock.marked()) log_.tell(event::not_marked(lock.last_reports()));
        }
    }

    /// Starts the command, holds the won locks until it has ended, and lets go of them. Throws Failure if the command
    /// was not started, and run() then releases the locks; an exception after that leaves the locks to their TTL.
    Ending hold(Forked& forked, const StopRules& rules, const Taken& won) {
        Hold hold{Locks{locks_}, forked.deadline(), settings_.min_hold};
        tell_won(won);
        Terminal terminal;
        if (forked.child().gone())
            throw Failure{ExitStatus::internal,
                          "the command was not started: its process was killed while it waited for the "
                          "lock, perhaps for want of memory; try again"};
        Supervisor supervisor{forked.child(), forked.guard(), terminal, signals_, forked.deadline(), rules, log_};
        const auto not_after = hold.start_until();
        if (!not_after) {
            report_.result = "lost";
            throw Failure{ExitStatus::lost, fmt::format("the command was not started, and the lock is gone: {}",
                                                        hold.locks().why_lost())};
        }
        for (const Lock& lock : locks_) around_.push_back({forked.us(), lock.token(), lock_on(lock.key(), nodes_)});
        const std::vector<std::string> variables = lock_variables(as_typed(), nodes_, settings_, around_);
        if (forked.guard() != nullptr && !forked.guard()->watch(forked.child().pid()))
            throw system_failure("cannot start the guard process");
        // From here on a failure does not tell whether the command was started, so the locks are left to their TTL.
        release_on_failure_ = false;
        const BootTime go = BootClock::now();
        const milliseconds started_at = wall_time_since_epoch();
        forked.child().go(*not_after, variables);
        const Ending ending = supervisor.run([&] { return hold.keep_up(); });
        report_.held = hold.held();
        if (ending.exec_error == 0) {
            report_.started_at = started_at;
            report_.ended_at = wall_time_since_epoch();
        }
        const Hold::End end = end_of(ending, go);
        tell_let_go(hold.let_go(end), end);
        return ending;
    }

    const std::string& names_;
    const std::vector<std::string>& words_;
    const Settings& settings_;
    RunReport& report_;
    const Log log_{settings_.verbosity};
    const std::vector<Node> nodes_;
    const std::vector<LockKey> keys_; ///< in the order typed
    std::vector<NodeSet> node_sets_;
    std::vector<Lock> locks_;       ///< in the order in which they are taken
    std::vector<RunAround> around_; ///< the runs around us; from the win on also this run
    Signals signals_;
    bool release_on_failure_ = true;
};

std::optional<milliseconds> once_in(const Arguments& typed) {
    const auto value = typed.duration("--once-in");
    if (!value) return {};
    if (value == milliseconds{0}) throw misuse("--once-in 0 would skip nothing; leave it out");
    if (typed.name.find(',') != std::string::npos)
        throw misuse("--once-in is for one lock; give a name without a comma");
    if (typed.has("--shared") || typed.has("--slots"))
        throw misuse("--once-in holds the lock alone; leave --shared and --slots out");
    return value;
}

std::string program_name(const std::string& word) { return word.substr(word.rfind('/') + 1); }

Exit run(const Arguments& typed, const Settings& settings) {
    if (settings.nodes.empty()) refuse_nodes_behind(typed.words);
    refuse_option_as_command(typed.words.front());
    std::optional<int> wanted;
    if (const auto& number = typed.value("--status-fd")) wanted = status_fd(*number);
    RunReport report{.us = this_process(settings.label.value_or(program_name(typed.words.front())), settings.ttl)};
    const auto tell = [&](int status) {
        if (wanted) write_report(*wanted, typed.name, status, report);
    };
    try {
        const Exit exit = Run{typed.name, kind_of(typed), once_in(typed), typed.words, settings, report}.run();
        tell(exit.status);
        return exit;
    } catch (const Failure& failure) {
        report.message = failure.what();
        tell(static_cast<int>(failure.status()));
        throw;
    }
}

/// The words become those of a shell if -c was typed.
void take_shell(Arguments& typed) {
    std::vector<std::string>& words = typed.words;
    const auto& shell = typed.value("--shell");
    if (shell) refuse_typography(shell->substr(0, shell->find(' ')));
    if (shell && !words.empty())
        throw misuse(
            "-c (--shell) takes one word, a line in quotes for /bin/sh, and the command '{}' stands beside it; "
            "put all of it into the quotes, or leave -c out; for another shell: holdfast run NAME -- bash -c "
            "'LINE'",
            printable(words.front()));
    if (shell && shell->empty()) throw misuse("the command of -c is empty; as in: holdfast run NAME -c 'COMMAND'");
    if (shell) words = {"/bin/sh", "-c", *shell};
    if (words.empty()) refuse_swallowed_name(typed);
    if (words.empty())
        throw misuse("no command behind the lock's name '{0}'; as in: holdfast run {0} -- COMMAND{1}",
                     printable(typed.name),
                     typed.name == "help" ? " (holdfast run --help shows the options)"
                     : is_number(typed.name)
                         ? " (holdfast locks no descriptor; holdfast acquire takes a lock for the rest of a script)"
                         : "");
    if (words.front().empty())
        throw misuse("the command behind the lock's name '{}' is an empty word; is a variable of the shell not set?",
                     printable(typed.name));
}

constexpr std::array own{
    OptionSyntax{"-c,--shell", "STRING", "run the command through /bin/sh"},
    shared_option,
    exclusive_option,
    slots_option,
    OptionSyntax{"--once-in", "DURATION", "skip the command if it has succeeded within that time"},
    OptionSyntax{"--status-fd", "N", "write how the run ended to descriptor N, as a line of JSON"},
};

} // namespace

constinit const CommandRow run_command{
    .name = "run",
    .synopsis = "NAME[,NAME...] [--] COMMAND [ARGUMENT...]\nNAME[,NAME...] -c 'STRING'",
    .help = "take lock NAME, run a command while holding it, release it; or several at once",
    .example = "holdfast run -w 10m --node redis://db1 deploy -- ./deploy.sh",
    .exit_status = as_the_command,
    .settings = Option::Scope::running,
    .options = own,
    .behind = CommandRow::Behind::command,
    .interpret = take_shell,
    .run = run,
};

} // namespace holdfast
