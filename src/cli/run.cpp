#include "base/duration.hpp"
#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/messages.hpp"
#include "cli/waiting.hpp"
#include "lock/renewer.hpp"
#include "lock/waiter.hpp"
#include "process/supervisor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <unistd.h>

namespace holdfast {
namespace {

LockRules lock_rules(const Settings& settings, const std::vector<Node>& nodes) {
    const Timing timing{settings.ttl, settings.grace, settings.node_timeout, settings.drift};
    if (const auto why = impossible(timing)) throw Failure{ExitStatus::usage, *why};
    if (settings.restart_guard && timing.ttl > *settings.restart_guard && nodes.size() > 2)
        throw Failure{
            ExitStatus::usage,
            fmt::format("--ttl {0} is longer than --restart-guard {1}, for which a restarted node has no vote; "
                        "make it shorter, or give every user of these nodes --restart-guard {0}",
                        format_duration(timing.ttl), format_duration(*settings.restart_guard))};
    return {timing, settings.restart_guard, way(settings)};
}

Rules rules_of(const Settings& settings, const Timing& timing) {
    return {.times = {timing.grace, timing.kill_margin()},
            .stop_on_loss = settings.on_lost == Settings::OnLost::stop,
            .max_hold = settings.max_hold,
            .tree = settings.tree,
            .kill_leftovers = settings.leftovers == Settings::Leftovers::kill,
            .leave_leftovers = settings.leftovers == Settings::Leftovers::leave};
}

std::string program_name(const std::string& word) { return word.substr(word.rfind('/') + 1); }

std::string display(const std::vector<Node>& nodes) {
    std::vector<std::string> displayed;
    for (const Node& node : nodes) displayed.push_back(node.display());
    return fmt::format("{}", fmt::join(displayed, ","));
}

/// HOLDFAST_HELD: what this run and those around it hold, as KEY@NODES, with spaces between. To wait for a lock that a
/// run around this one holds would be to wait for ever.
std::string held_with(const LockKey& key, std::vector<Node> nodes) {
    std::ranges::sort(nodes, {}, &Node::display);
    const std::string ours = fmt::format("{}@{}", key.key(), display(nodes));
    const std::string around = environment_variable("HOLDFAST_HELD").value_or("");
    if ((" " + around + " ").find(" " + ours + " ") != std::string::npos)
        throw Failure{ExitStatus::usage,
                      fmt::format("{} is held by a run around this one, which waits for this one to end", key.name)};
    return around.empty() ? ours : around + " " + ours;
}

/// What tells the command its lock.
std::vector<std::string> lock_variables(const Lock& lock, const std::vector<Node>& nodes, const Settings& settings,
                                        const std::string& held) {
    std::vector<std::string> variables{fmt::format("HOLDFAST_LOCK={}", lock.key().name),
                                       fmt::format("HOLDFAST_KEY={}", lock.key().key()),
                                       fmt::format("HOLDFAST_TOKEN={}", lock.token().text()),
                                       fmt::format("HOLDFAST_FENCE={}", lock.fence().number),
                                       fmt::format("HOLDFAST_NODES={}", display(nodes)),
                                       fmt::format("HOLDFAST_KEY_PREFIX={}", lock.key().prefix),
                                       fmt::format("HOLDFAST_HELD={}", held)};
    // With these a holdfast inside finds its passwords where we did.
    if (settings.config_file) variables.push_back(fmt::format("HOLDFAST_CONFIG={}", *settings.config_file));
    if (settings.profile) variables.push_back(fmt::format("HOLDFAST_PROFILE={}", *settings.profile));
    return variables;
}

/// Our environment without what carries passwords, and without what the lock's variables replace.
std::vector<std::string> own_environment() {
    constexpr std::array replaced{
        "HOLDFAST_LOCK=",       "HOLDFAST_KEY=",  "HOLDFAST_TOKEN=",    "HOLDFAST_FENCE=",  "HOLDFAST_NODES=",
        "HOLDFAST_KEY_PREFIX=", "HOLDFAST_HELD=", "HOLDFAST_PASSWORD=", "HOLDFAST_CONFIG=", "HOLDFAST_PROFILE="};
    std::vector<std::string> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        if (std::ranges::none_of(replaced, [&](const char* name) { return text.starts_with(name); }))
            environment.emplace_back(text);
    }
    return environment;
}

/// What is forked while the nodes think about the lock, so that little is left to do once it is won. Both wait: the
/// guard for a group, the child for its go.
struct Forked {
    LiveDeadline deadline{not_granted};
    std::optional<Guard> guard;
    std::optional<Child> child;

    void fork(const Command& command, const Rules& rules, const Signals& signals) {
        if (rules.stop_on_loss) guard.emplace(deadline, rules.times, rules.tree);
        child.emplace(command, signals);
    }
};

Exit refuse(const Lock& lock, const Attempt& attempt, const Settings& settings) {
    const ExitStatus status = [&] {
        switch (attempt.outcome) {
        case Outcome::not_a_lock: return ExitStatus::not_a_lock;
        case Outcome::denied: return ExitStatus::denied;
        case Outcome::same_server: return ExitStatus::configuration;
        case Outcome::too_few: return ExitStatus::too_few_nodes;
        default: return ExitStatus::not_acquired;
        }
    }();
    const std::string sentence = not_acquired(lock.key(), attempt, lock.timing());
    if (status != ExitStatus::not_acquired) throw Failure{status, sentence};
    if (settings.verbosity != Verbosity::quiet) write_error(sentence);
    return Exit::with(settings.conflict_exit_code);
}

/// What the end of the command makes of us. Says what went wrong where the command could not.
Exit exit_of(const Ending& ending, const std::string& program) {
    if (ending.exec_error == ETIME)
        throw Failure{ExitStatus::lost,
                      "the command was not started: this host stood still until the lock had run out"};
    if (ending.exec_error != 0)
        throw Failure{ending.exec_error == ENOENT ? ExitStatus::not_found : ExitStatus::cannot_execute,
                      fmt::format("cannot run '{}': {}", program, errno_text(ending.exec_error))};
    if (ending.lost) return ExitStatus::lost;
    if (ending.timed_out) return ExitStatus::timed_out;
    if (WIFSIGNALED(ending.wait_status)) return Exit::of_signal(WTERMSIG(ending.wait_status));
    return Exit::with(WEXITSTATUS(ending.wait_status));
}

/// Holds the won lock around the command, from its go to its end. `started` is set just before the go.
Ending hold(Lock& lock, Forked& forked, const std::vector<std::string>& variables, const Rules& rules,
            const Signals& signals, const Log& log, bool& started) {
    Terminal terminal;
    forked.deadline.move(lock.valid_until());
    if (forked.child->gone())
        throw Failure{ExitStatus::internal,
                      "the command was not started: its process was killed while it waited for the "
                      "lock, perhaps for want of memory; try again"};
    if (forked.guard && !forked.guard->watch(forked.child->pid()))
        throw system_failure("cannot start the guard process");
    if (const auto why = lock.taken_away())
        throw Failure{ExitStatus::lost, fmt::format("the command was not started, and the lock is gone: {}", *why)};
    Supervisor supervisor{
        *forked.child, forked.guard ? &*forked.guard : nullptr, terminal, signals, forked.deadline, rules, log};
    const BootTime not_after = lock.valid_until() - lock.timing().least_to_start();
    const Renewer renewer{lock, forked.deadline};
    started = true;
    forked.child->go(not_after, variables);
    return supervisor.run();
}

void release(Lock& lock, const Ending& ending, const Log& log) {
    if (ending.alive)
        log.error(
            fmt::format("the lock is not released, because a process of the command could not be killed; it ends by "
                        "itself within {}",
                        format_duration(lock.timing().ttl)));
    else if (!lock.release())
        log.info(fmt::format("too few nodes confirmed the release; the lock may stay held for up to {}",
                             format_duration(lock.timing().ttl)));
}

/// From the wait for the lock to its release.
Exit acquire_and_hold(Lock& lock, const Arguments& arguments, const Settings& settings, const std::vector<Node>& nodes,
                      const std::string& held, bool& started) {
    const Log log{settings.verbosity};
    Signals signals;
    if (nodes.size() % 2 == 0)
        log.info(fmt::format("{0} nodes survive no more failures than {1}; use an odd number", nodes.size(),
                             nodes.size() - 1));
    const Command command{arguments.words, own_environment()};
    const Rules rules = rules_of(settings, lock.timing());
    Forked forked;
    const Attempt attempt = [&] {
        WaitingDisplay display{lock, log};
        return acquire(
            lock, {settings.wait}, signals.ending_fd(), [&](const Attempt& failed) { display.show(failed); },
            [&] { forked.fork(command, rules, signals); });
    }();
    signals.take_stops();
    if (const auto signal = signals.next_ending()) {
        if (attempt.outcome == Outcome::won) lock.release();
        return Exit::of_signal(*signal);
    }
    if (attempt.outcome != Outcome::won) return refuse(lock, attempt, settings);
    log.detail(fmt::format("{} acquired, fence {}{}", lock.key().name, lock.fence().number, node_lines(attempt.nodes)));
    lock.listen_for_revocation();

    const Ending ending = hold(lock, forked, lock_variables(lock, nodes, settings, held), rules, signals, log, started);
    release(lock, ending, log);
    // A script around us ends by it as it would without us. It waits for us too: we have it blocked.
    if (ending.missed_signal != 0) ::kill(0, ending.missed_signal);
    return exit_of(ending, arguments.words.front());
}

} // namespace

Exit run(const Arguments& arguments, const Settings& settings) {
    const LockKey key = lock_key(arguments, settings);
    const std::vector<Node> nodes = configured_nodes(settings);
    const LockRules rules = lock_rules(settings, nodes);
    const std::string held = held_with(key, nodes);
    Lock lock{NodeSet{nodes, settings.node_timeout}, key, rules,
              this_process(settings.label.value_or(program_name(arguments.words.front())), settings.ttl)};
    bool started = false;
    try {
        return acquire_and_hold(lock, arguments, settings, nodes, held, started);
    } catch (...) {
        // After the go nobody knows what of the command is still alive: then the lock is left to its TTL.
        if (!started) lock.release();
        throw;
    }
}

} // namespace holdfast
