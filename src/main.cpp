// Parse, resolve, dispatch; the only place where a fatal error is caught and shown.

#include "base/error.hpp"
#include "base/fd.hpp"
#include "cli/arguments.hpp"
#include "cli/doubts.hpp"
#include "cli/print_config.hpp"
#include "cli/screen.hpp"
#include "config/hide_passwords.hpp"
#include "events/log.hpp"
#include "lean/lean.hpp"
#include "process/signals.hpp"

#include <sys/prctl.h>

#include <exception>
#include <malloc.h>
#include <unistd.h>

namespace {

using namespace holdfast;

/// Sends the log where it was asked to go. A command that takes no lock does not fail for a place that the variable or
/// the file names, because another user may write there; it then has its log on stderr.
void send_log_away(const Resolved& resolved, const CommandRow& command) {
    if (resolved.settings.log_to == "stderr") return;
    auto target = LogTarget::open(resolved.settings.log_to);
    const Given& given = resolved.given.at("log-to");
    const bool matters = command.settings != Option::Scope::everywhere || given.source == Source::command_line;
    if (target) log_apart(std::move(*target));
    else if (matters) throw given.wrong(target.error());
}

Exit dispatch(const Arguments& typed, char** argv) {
    const CommandRow* command = typed.command;
    if (command != nullptr && !command->needs_settings) return command->run(typed, {});
    const Resolved resolved = resolve(typed.settings, environment_variable);
    const Settings& settings = resolved.settings;
#ifdef HOLDFAST_LEAN
    become_whole_program_where_needed(settings, argv);
#endif
    hide_passwords(settings, argv, environ);
    const bool about_a_lock = command != nullptr && command->argument() == "NAME";
    set_log_style({settings.log_format, about_a_lock ? typed.name : ""});
    if (command != nullptr) send_log_away(resolved, *command);
    tell_doubts(typed, resolved, environ);
    return command == nullptr ? print_config(resolved) : command->run(typed, settings);
}

Exit parse_and_dispatch(int argc, char** argv) {
    const auto parsed = parse_arguments(argc, argv);
    if (const auto* typed = std::get_if<Arguments>(&parsed)) return dispatch(*typed, argv);
    show(std::get<Printed>(parsed).text);
    return ExitStatus::ok;
}

Exit run_program(int argc, char** argv) {
    try {
        return parse_and_dispatch(argc, argv);
    } catch (const Failure& failure) {
        tell_at_end(event::failed(failure.what(), static_cast<int>(failure.status())));
        return failure.status();
    } catch (const std::exception& error) {
        tell_at_end(event::failed(error.what(), static_cast<int>(ExitStatus::internal)));
        return ExitStatus::internal;
    }
}

} // namespace

int main(int argc, char** argv) {
    // Our memory and the guard's have passwords in them, so no core is dumped and only root can look into them.
    ::prctl(PR_SET_DUMPABLE, 0);
    // One heap, because another one for the renewal thread would cost more than the two threads ever wait for each
    // other.
    ::mallopt(M_ARENA_MAX, 1); // NOLINT(concurrency-mt-unsafe): there is one thread yet
    // The heap keeps freed memory, because a renewal must not ask the kernel for memory (lock/renewer.cpp).
    ::mallopt(M_TRIM_THRESHOLD, 1 << 20); // NOLINT(concurrency-mt-unsafe): the same
    reserve_standard_fds();
    const Exit exit = run_program(argc, argv);
    finish_log();
    if (exit.signal != 0) die_of(exit.signal);
    return exit.status;
}
