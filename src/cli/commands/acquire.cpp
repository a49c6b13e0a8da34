#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/json.hpp"
#include "base/poller.hpp"
#include "cli/command.hpp"
#include "cli/environment.hpp"
#include "cli/screen.hpp"
#include "cli/taking.hpp"
#include "cli/token_file.hpp"
#include "cli/waiting.hpp"
#include "lock/waiter.hpp"
#include "process/signals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <fstream>
#include <optional>
#include <unistd.h>

namespace holdfast {
namespace {

/// A Holder for our parent, the script that holds the lock from now on, whatever becomes of this process.
Holder caller(const Settings& settings) {
    std::string program;
    std::getline(std::ifstream{fmt::format("/proc/{}/comm", ::getppid())}, program);
    Holder holder = this_process(settings.label.value_or(program.empty() ? "acquire" : program), settings.ttl);
    holder.pid = ::getppid();
    holder.kept = true;
    return holder;
}

std::string quoted_for_shell(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return out + "'";
}

/// The variables as a text for the eval of a shell. HOLDFAST_SLOT is unset first, because the shell may have it from
/// another lock. Each line has its own ';', because eval $(...) without quotes joins the lines.
std::string assignments(const std::vector<std::string>& variables) {
    std::string out = "unset HOLDFAST_SLOT;\n";
    for (const std::string& variable : variables) {
        const size_t equals = variable.find('=');
        out +=
            fmt::format("export {}={};\n", variable.substr(0, equals), quoted_for_shell(variable.substr(equals + 1)));
    }
    return out;
}

std::string as_json(const Lock& lock) {
    const BootTime now = BootClock::now();
    const auto lasts = std::chrono::duration_cast<milliseconds>(lock.valid_until().value_or(now) - now);
    Json json = Json::object({{"lock", lock.key().name},
                              {"key", lock.key().key()},
                              {"token", lock.token().text()},
                              {"fence", lock.fence().number},
                              {"ttl_ms", lock.timing().ttl.count()},
                              {"expires_at", rfc3339(wall_time_since_epoch() + lasts)}});
    if (const auto slot = lock.slot()) json.add("slot", *slot);
    return json.line();
}

/// Writes to stdout for as long as the lock lasts, because the reader may be slow, and a lock that has ended is no use.
/// Returns the signal that asked us to end before all was written; nothing if all is written, or the lock has ended.
/// Throws Failure if writing fails, because a caller without the token could not release the lock.
std::optional<int> write_out(const std::string& text, BootTime until, const Signals& signals) {
    if (!text.empty() && was_closed(STDOUT_FILENO))
        throw Failure{ExitStatus::internal, "stdout is closed, and the token is written there, so the lock was "
                                            "released; redirect stdout, or give --token-file FILE"};
    ::signal(SIGPIPE, SIG_IGN);
    Poller poller;
    for (std::string_view rest = text; !rest.empty() && BootClock::now() < until;) {
        std::vector<pollfd> fds{{STDOUT_FILENO, POLLOUT, 0}, {signals.ending_fd(), POLLIN, 0}};
        poller.wait(fds, until);
        if (fds[0].revents == 0) {
            if (const auto signal = signals.next_ending()) return signal;
            continue;
        }
        // A pipe that is ready takes PIPE_BUF bytes without waiting.
        const ssize_t size = ::write(STDOUT_FILENO, rest.data(), std::min<size_t>(rest.size(), PIPE_BUF));
        if (size <= 0) throw system_failure("cannot write the token to stdout, so the lock was released");
        rest.remove_prefix(static_cast<size_t>(size));
    }
    return {};
}

/// What acquire prints on stdout: JSON, assignments or the token, as typed; nothing with --token-file alone.
std::string told(const Lock& lock, const Arguments& typed, const Settings& settings, const std::vector<Node>& nodes) {
    if (typed.has("--json")) return as_json(lock);
    if (typed.has("--export")) return assignments(lock_variables({&lock}, nodes, settings));
    return typed.has("--token-file") ? "" : lock.token().text() + "\n";
}

/// Gives the token of the won lock to the script that called acquire. If a signal ends us meanwhile, releases the lock.
/// Throws Failure if the script cannot get the token in time; then the lock is still to be released.
Exit hand_over(Lock& lock, const Arguments& typed, const Settings& settings, const std::vector<Node>& nodes,
               const Signals& signals) {
    lock.note_start();
    if (const auto& file = typed.value("--token-file")) write_token(*file, lock.token());
    const std::string text = told(lock, typed, settings, nodes);
    if (const auto signal = write_out(text, lock.valid_until().value_or(BootTime{}), signals)) {
        lock.release();
        return Exit::of_signal(*signal);
    }
    lock.nodes().push();
    // The lock may have ended while we were stopped or the reader was slow; then status 0 would mislead the caller.
    if (!lock.valid())
        throw Failure{ExitStatus::lost, fmt::format("{} was acquired, and had run out before its token was handed over",
                                                    lock.key().name)};
    return ExitStatus::ok;
}

Exit acquire(const Arguments& typed, const Settings& settings) {
    typed.refuse_several_of({"--json", "--export"});
    if (const auto& file = typed.value("--token-file")) refuse_token_file(*file);
    const LockKey key = new_lock_key(typed.name, settings);
    const std::vector<Node> nodes = configured_nodes(settings);
    const LockTerms terms = lock_terms(settings, nodes.size(), kind_of(typed), milliseconds{0});
    refuse_inside_itself(runs_around(), key, nodes, settings);
    NodeSet node_set{nodes, settings.node_timeout};
    Lock lock{node_set, key, terms, caller(settings)};
    const Log log{settings.verbosity};
    const Signals signals;
    advise(nodes, log);
    const Attempt attempt = [&] {
        WaitingDisplay display{log, settings.wait, settings.nodes_from};
        return acquire(lock, {settings.wait}, signals.ending_fd(),
                       [&](const Attempt& failed) { display.show(lock, failed); });
    }();
    if (const auto signal = signals.next_ending()) {
        if (attempt.outcome == Outcome::won) lock.release();
        return Exit::of_signal(*signal);
    }
    if (attempt.outcome != Outcome::won) return refuse(lock, attempt, settings, Refused::script);
    try {
        return hand_over(lock, typed, settings, nodes, signals);
    } catch (...) {
        lock.release();
        throw;
    }
}

constexpr std::array own{
    shared_option,
    exclusive_option,
    slots_option,
    OptionSyntax{"--json", "", "print token, fence and times as JSON"},
    OptionSyntax{"--export", "", "print assignments for a shell's eval"},
    OptionSyntax{"--token-file", "FILE", "write the token there instead of to stdout"},
};

} // namespace

constinit const CommandRow acquire_command{
    .name = "acquire",
    .synopsis = "NAME",
    .help = "take lock NAME and leave it held until its TTL ends; print its token",
    .example = "holdfast acquire --ttl 10m --token-file token deploy",
    .exit_status = "0 when the lock was acquired, 75 when it was not (-E changes it), 69 when too few nodes answered.",
    .settings = Option::Scope::taking,
    .options = own,
    .run = acquire,
};

} // namespace holdfast
