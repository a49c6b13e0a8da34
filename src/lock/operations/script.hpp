// A request that runs an operation's script: its Lua stands in the file NAME.lua beside the operation, and the build
// embeds it as NAME_lua. A script finds its arguments under their names, the limits of lock/operations/limits.hpp under
// theirs, and the functions of common.lua.
#pragma once

#include "lock/lock_key.hpp"
#include "redis/request.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace holdfast {

struct ScriptArgument {
    std::string_view name;
    std::string value;
};

/// EVAL of that Lua. `token` is the one whose void mark the script reads or sets.
Request script_request(std::string_view lua, const LockKey&, std::string_view token,
                       std::initializer_list<ScriptArgument>);

/// The same for a script that publishes. Redis sends out what it has for a client the sooner the later that client got
/// its first byte. With an answer before the script's, the waiter that the script tells hears of it before us, and need
/// not wait until we are off the processor.
Request publishing_script_request(std::string_view lua, const LockKey&, std::string_view token,
                                  std::initializer_list<ScriptArgument>);

} // namespace holdfast
