// Parse, resolve, dispatch; the only place where a fatal error is caught and shown.

#include "base/error.hpp"
#include "base/fd.hpp"
#include "cli/arguments.hpp"
#include "cli/commands.hpp"
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

Exit dispatch(const Arguments& arguments, char** argv) {
    // What helps to type a command line works also while the configuration is wrong.
    if (arguments.command == CommandName::completion) return completion(arguments);
    const Resolved resolved = resolve(arguments.settings, environment_variable);
    const Settings& settings = resolved.settings;
#ifdef HOLDFAST_LEAN
    become_whole_program_where_needed(settings, argv);
#endif
    hide_passwords(settings, argv, environ);
    const bool about_a_lock = arguments.command != CommandName::list && arguments.command != CommandName::print_config;
    set_log_style({settings.log_format, about_a_lock ? arguments.name : ""});
    switch (arguments.command) {
    case CommandName::run: return run(arguments, settings);
    case CommandName::acquire: return acquire(arguments, settings);
    case CommandName::renew: return renew(arguments, settings);
    case CommandName::release: return release(arguments, settings);
    case CommandName::verify: return verify(arguments, settings);
    case CommandName::status: return status(arguments, settings);
    case CommandName::list: return list(arguments, settings);
    case CommandName::force_release: return force_release(arguments, settings);
    case CommandName::doctor: return doctor(arguments, settings);
    case CommandName::completion: break;
    case CommandName::print_config: return print_config(resolved);
    }
    return ExitStatus::internal;
}

Exit parse_and_dispatch(int argc, char** argv) {
    const auto parsed = parse_arguments(argc, argv);
    if (const auto* arguments = std::get_if<Arguments>(&parsed)) return dispatch(*arguments, argv);
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
        tell_at_end(event::failed(error.what()));
        return ExitStatus::internal;
    }
}

} // namespace

int main(int argc, char** argv) {
    // Our memory has passwords in it, and the guard's has them too: no core dump, and no look into it but root's.
    ::prctl(PR_SET_DUMPABLE, 0);
    // One heap: to set up another for the renewal thread costs more than the two will ever wait for each other.
    ::mallopt(M_ARENA_MAX, 1); // NOLINT(concurrency-mt-unsafe): there is one thread yet
    // What it has it keeps: a renewal is no time to ask for memory (lock/renewer.cpp).
    ::mallopt(M_TRIM_THRESHOLD, 1 << 20); // NOLINT(concurrency-mt-unsafe): the same
    reserve_standard_fds();
    const Exit exit = run_program(argc, argv);
    if (exit.signal != 0) die_of(exit.signal);
    return exit.status;
}
