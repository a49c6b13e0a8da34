// Every command of holdfast, in the order in which help lists them.
#pragma once

#include "cli/command.hpp"

#include <array>

namespace holdfast {

extern const CommandRow run_command, acquire_command, renew_command, release_command, verify_command, status_command,
    list_command, history_command, metrics_command, force_release_command, forget_command, doctor_command,
    completion_command, local_command, help_command;

inline constexpr std::array commands{&run_command,        &acquire_command,       &renew_command,  &release_command,
                                     &verify_command,     &status_command,        &list_command,   &history_command,
                                     &metrics_command,    &force_release_command, &forget_command, &doctor_command,
                                     &completion_command, &local_command,         &help_command};

inline constexpr std::string_view as_the_command =
    "the command's own, or 64 usage, 69 too few nodes, 70 internal error, 75 not acquired, 76 not a lock, 77 refused "
    "by a node, 78 configuration, 79 lock lost, 124 --max-hold ran out, 126 not executable, 127 not found.";

/// What may be typed before a command, as a row without a name.
extern const CommandRow program_row;

/// nullptr when there is none of that name.
const CommandRow* find_command(std::string_view name);

} // namespace holdfast
