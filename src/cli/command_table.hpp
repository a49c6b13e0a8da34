// Every command of holdfast, once: its name, what it takes, and what its exit status says. Parser and help follow it.
#pragma once

#include "cli/arguments.hpp"

#include <array>

namespace holdfast {

struct CommandRow {
    CommandName id;
    const char* name;
    const char* help;
    const char* argument; ///< empty: it takes none
    bool argument_required;
    Option::Scope settings;
    const char* exit_status; ///< "The exit status is ..."
};

inline constexpr const char* description = "hold a distributed lock in Redis around a command";
inline constexpr const char* as_the_command =
    "the command's own, or 64 usage, 69 too few nodes, 70 internal error, 75 not acquired, 76 not a lock, 77 refused "
    "by a node, 78 configuration, 79 lock lost, 124 --max-hold ran out, 126 not executable, 127 not found.";
inline constexpr const char* whether_ours =
    "0 when it was ours, 79 when it is not any more, 69 when too few nodes can tell.";

inline constexpr std::array commands{
    CommandRow{CommandName::run, "run", "take lock NAME, run a command while holding it, release it", "NAME", true,
               Option::Scope::running, as_the_command},
    CommandRow{CommandName::acquire, "acquire", "take lock NAME and leave it held until its TTL ends; print its token",
               "NAME", true, Option::Scope::taking,
               "0 when the lock was acquired, 75 when it was not (-E changes it), 69 when too few nodes answered."},
    CommandRow{CommandName::renew, "renew", "give a lock that acquire took a fresh TTL", "NAME", true,
               Option::Scope::everywhere, whether_ours},
    CommandRow{CommandName::release, "release", "let go of a lock that acquire took", "NAME", true,
               Option::Scope::everywhere, whether_ours},
    CommandRow{CommandName::verify, "verify", "whether the lock is still ours; inside run it needs no words", "NAME",
               false, Option::Scope::everywhere, whether_ours},
    CommandRow{CommandName::status, "status", "who holds lock NAME, and who waits for it", "NAME", true,
               Option::Scope::everywhere,
               "0 when a majority says that it is held, 1 when it is not, 69 when too few nodes can tell."},
    CommandRow{CommandName::list, "list", "every held lock, or those that match GLOB, as in 'deploy-*'", "GLOB", false,
               Option::Scope::everywhere, "0, or 69 when too few nodes answered."},
    CommandRow{
        CommandName::force_release, "force-release", "take lock NAME away from its holder", "NAME", true,
        Option::Scope::everywhere,
        "0 when it was taken away, 1 when it was free or nothing was done, 75 when the holder changed meanwhile, "
        "69 when too few nodes answered."},
    CommandRow{CommandName::doctor, "doctor", "check the nodes for all that makes locks unsafe or slow", "", false,
               Option::Scope::everywhere, "0 when all is well, 1 with warnings, 69 when no lock can be had."},
    CommandRow{CommandName::completion, "completion", "print a completion script for SHELL: bash, zsh or fish", "SHELL",
               true, Option::Scope::everywhere, ""},
};

} // namespace holdfast
