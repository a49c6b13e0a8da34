#include "base/duration.hpp"
#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/messages.hpp"
#include "lock/renewer.hpp"
#include "lock/waiter.hpp"
#include "process/supervisor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <unistd.h>

namespace holdfast {
namespace {

Timing timing_of(const Settings& settings) {
    const Timing timing{settings.ttl, settings.grace, settings.node_timeout, settings.drift};
    if (const auto why = impossible(timing)) throw Failure{ExitStatus::usage, *why};
    return timing;
}

std::string program_name(const std::string& word) { return word.substr(word.rfind('/') + 1); }

/// What the command finds in its environment: ours without what carries passwords, with what tells it its lock.
std::vector<std::string> command_environment(const Lock& lock, const std::vector<Node>& nodes) {
    std::vector<std::string> displayed;
    for (const Node& node : nodes) displayed.push_back(node.display());
    const std::array<std::pair<std::string_view, std::string>, 5> ours{
        {{"HOLDFAST_LOCK", lock.key().name},
         {"HOLDFAST_KEY", lock.key().key()},
         {"HOLDFAST_TOKEN", lock.token().text()},
         {"HOLDFAST_NODES", fmt::format("{}", fmt::join(displayed, ","))},
         {"HOLDFAST_KEY_PREFIX", lock.key().prefix}}};
    std::vector<std::string> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        const std::string_view name = text.substr(0, text.find('='));
        const bool replaced = std::ranges::find(ours, name, [](const auto& pair) { return pair.first; }) != ours.end();
        if (!replaced && name != "HOLDFAST_PASSWORD") environment.emplace_back(text);
    }
    for (const auto& [name, value] : ours) environment.push_back(fmt::format("{}={}", name, value));
    return environment;
}

Exit refuse(const Lock& lock, const Attempt& attempt, const Settings& settings) {
    const ExitStatus status = [&] {
        switch (attempt.outcome) {
        case Outcome::not_a_lock: return ExitStatus::not_a_lock;
        case Outcome::denied: return ExitStatus::denied;
        case Outcome::too_few: return ExitStatus::too_few_nodes;
        default: return ExitStatus::not_acquired;
        }
    }();
    const std::string sentence = not_acquired(lock.key(), attempt, lock.timing());
    if (status != ExitStatus::not_acquired) throw Failure{status, sentence};
    if (settings.verbosity != Verbosity::quiet) write_error(sentence);
    return Exit::with(settings.conflict_exit_code);
}

/// One line when the wait begins, then only with -v, and only when it says something new.
OnWaiting tell_waiting(const Lock& lock, const Log& log) {
    return [&lock, &log, before = std::string{}](const Attempt& attempt) mutable {
        const std::string holder = attempt.outcome == Outcome::held ? attempt.holder.value : "";
        const std::string now = fmt::format("{}{}", static_cast<int>(attempt.outcome), holder);
        if (now == before || attempt.outcome == Outcome::contended) return;
        const std::string line = "waiting: " + not_acquired(lock.key(), attempt, lock.timing());
        if (before.empty()) log.info(line);
        else log.detail(line);
        before = now;
    };
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
    if (WIFSIGNALED(ending.wait_status)) return Exit::of_signal(WTERMSIG(ending.wait_status));
    return Exit::with(WEXITSTATUS(ending.wait_status));
}

/// Holds the won lock around the command, from its go to its end. When it throws before the go, the lock is released;
/// after the go it is left to its TTL, for nobody then knows what of the command is still alive.
Ending hold(Lock& lock, const Command& command, const Signals& signals, const Log& log) {
    const Timing& timing = lock.timing();
    bool started = false;
    try {
        const StopTimes times{timing.grace, timing.kill_margin()};
        LiveDeadline deadline{lock.valid_until()};
        Guard guard{deadline, times};
        Child child{command, signals};
        Supervisor supervisor{child, guard, signals, deadline, times, log};
        const BootTime not_after = lock.valid_until() - timing.least_to_start();
        const Renewer renewer{lock, deadline};
        guard.watch(child.pid());
        started = true;
        child.go(not_after);
        return supervisor.run();
    } catch (...) {
        if (!started) lock.release();
        throw;
    }
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

} // namespace

Exit run(const Arguments& arguments, const Settings& settings) {
    const Timing timing = timing_of(settings);
    const LockKey key = lock_key(arguments, settings);
    const std::vector<Node> nodes = configured_nodes(settings);
    const Log log{settings.verbosity};
    Signals signals;
    const std::string program = arguments.words.front();

    Lock lock{NodeSet{nodes, settings.node_timeout}, key, timing, this_process(program_name(program), settings.ttl)};
    const Attempt attempt = acquire(lock, {settings.wait}, signals.ending_fd(), tell_waiting(lock, log));
    signals.take_stops();
    if (const auto signal = signals.next_ending()) {
        if (attempt.outcome == Outcome::won) lock.release();
        return Exit::of_signal(*signal);
    }
    if (attempt.outcome != Outcome::won) return refuse(lock, attempt, settings);
    log.detail(fmt::format("{} acquired{}", lock.key().name, node_lines(attempt.nodes)));

    const Ending ending = hold(lock, {arguments.words, command_environment(lock, nodes)}, signals, log);
    release(lock, ending, log);
    return exit_of(ending, program);
}

} // namespace holdfast
