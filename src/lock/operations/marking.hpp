// What the scripts of operations with --once-in share: they read or write the mark of a success (lock/success.hpp). A
// script without --once-in has none of this, and no key more.
#pragma once

#include "lock/operations/script.hpp"
#include "lock/success.hpp"

#include <string>
#include <string_view>

namespace holdfast {

/// The Lua that skips `operation` where a mark is younger than the argument once_in.
std::string skipping(std::string_view operation);

/// A request with EVAL of `operation` that then writes the mark, by pcall, so that nothing that forbids the mark keeps
/// a lock held. No mark is written where another run holds the lock by then. The answer says whether the mark was
/// written.
Request marking_script_request(std::string_view operation, const LockKey&, std::string_view token, const Success&,
                               ScriptArguments);

/// The key that both need, behind `more_keys`.
ScriptArguments with_done_key(ScriptArguments more_keys, const LockKey&);

} // namespace holdfast
