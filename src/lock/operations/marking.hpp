// What the scripts of operations with --once-in share: they read or write the mark of a success (lock/record.hpp). A
// script without --once-in has none of this, and no key more.
#pragma once

#include "lock/operations/script.hpp"
#include "lock/record.hpp"

#include <string>
#include <string_view>

namespace holdfast {

/// The script with an addition: if the node has a mark that is younger than `once_in`, the script answers `skipped` and
/// does nothing else.
Script skipping(Script, const LockKey&, milliseconds once_in);

/// The script with an addition: in the end it writes the mark, by pcall, so that a node that refuses the mark still
/// lets the lock go. No mark is written if another run holds the lock by then, or if the lock was taken away. The
/// answer says whether the mark was written.
Script marking(Script, const LockKey&, const Success&);

/// The key of the mark, as one of more_keys.
ScriptArgument done_key(const LockKey&);

} // namespace holdfast
