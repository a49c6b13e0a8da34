// Processes that outlive the command: named for people, and found where they still do what the lock is held for.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>

namespace holdfast {

/// "4711 (sleep), 4712 (sh, uid 0)": of `count` processes those that are in `some`, with their user where it is not
/// ours. Says so where /proc has shown none.
std::string described(std::span<const pid_t> some, size_t count);

/// Whether the guard of a run inside this one has come to us, because its own holdfast was killed: as long as it lives,
/// the command of that run may. Main thread, a subreaper.
bool inner_guard_lives(pid_t own_guard);

} // namespace holdfast
