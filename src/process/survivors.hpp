// Processes that outlive the command: how messages name them, and whether one of them still needs the lock.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>

namespace holdfast {

/// The processes in `some`, of `count` in all, as "4711 (sleep), 4712 (sh, uid 0)", with the user if it is not ours. If
/// `count` is 0, the text says that /proc does not show which.
std::string described(std::span<const pid_t> some, size_t count);

/// Whether the guard of a run inside this one is our child by now, because its own holdfast was killed: as long as that
/// guard lives, the command of that run may live. Main thread of a subreaper.
bool inner_guard_lives(pid_t own_guard);

} // namespace holdfast
