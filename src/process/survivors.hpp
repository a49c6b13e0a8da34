// Processes that outlive the command: how messages name them, and whether the command of an inner run may be among
// them.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>

namespace holdfast {

/// For messages: "4711 (sleep), 4712 (sh, uid 0)", with the user if it is not ours. `count` is how many processes there
/// are; if `some` has fewer, "..." follows. If `count` is 0, the text says that /proc does not show which.
std::string described(std::span<const pid_t> some, size_t count);

/// Whether this process has become the parent of the guard of a run inside this one, because that run's holdfast was
/// killed. As long as that guard lives, the command that it guards may live. Continues such a guard, in case that
/// somebody has stopped it. `own_guard` is our own guard, which does not count. Main thread of a subreaper.
bool inner_guard_lives(pid_t own_guard);

} // namespace holdfast
