// An operation's script, and the request that runs it. The Lua stands in the file NAME.lua beside the operation, and
// the build embeds it as NAME_lua. The Lua finds each argument and each key as a variable of that name, the limits of
// lock/operations/limits.hpp that scripts need, and the functions of common.lua.
#pragma once

#include "lock/kind.hpp"
#include "lock/lock_key.hpp"
#include "redis/request.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct ScriptArgument {
    std::string_view name;
    std::string value;
};

using ScriptArguments = std::vector<ScriptArgument>;

/// Pieces of Lua, one behind the other. They and the names of arguments and keys are in static memory, so two scripts
/// are the same if all of these are in the same places.
using Lua = std::vector<std::string_view>;

struct Script {
    Lua lua;
    ScriptArguments arguments{};
    ScriptArguments more_keys{}; ///< besides the five keys of common.lua
};

/// The pieces as the body of a Lua function `operate`, for what is done before and after it.
Lua as_function(const Lua& pieces);

/// The whole text of a script. It is the same for every lock, so a server that has been told the text once knows the
/// script by its digest.
class ScriptText {
  public:
    explicit ScriptText(std::string text) : text_{std::move(text)} {}

    const std::string& text() const { return text_; }
    const std::string& digest();

  private:
    std::string text_;
    std::string digest_;
};

/// A script in full, for one lock.
struct ScriptCall {
    ScriptText* script; ///< made once a thread, and lives until the thread ends
    std::vector<std::string> keys;
    std::vector<std::string> arguments;
    bool publishes = false;

    /// EVAL, for any server that takes scripts.
    Request by_text() const;
    /// EVALSHA, which is shorter; a server that does not know the script answers with an error.
    Request by_digest() const;
};

/// The call of the script on that lock. The void mark that the script reads or sets, if it does, is that of `token`.
ScriptCall script_call(Script, const LockKey&, std::string_view token);

/// The keys of a group of holders, as more_keys.
ScriptArguments group_keys(const LockKey&);

/// The script of an operation for a member of a group. The script also finds the functions of group.lua, the value of K
/// as `group`, the member as `me`, and the number of slots as `limit`, which is 0 if the lock is shared.
Script for_member(Script, const LockKey&, const Seat&);

/// The request of a script, by its text, that needs the lock's key alone, and none of common.lua. It runs while a
/// cluster moves the key's slot to another server: one of several keys may have moved already, and then no script runs
/// that names all.
Request lone_script_request(std::string_view lua, const LockKey&, const ScriptArguments&);

/// The call of a script that publishes: its request has a PING before it. Redis writes first to the client whose output
/// began last. The answer to PING begins our output before the script begins the waiter's, so Redis writes to the
/// waiter before us, and the waiter need not wait until we are off the processor.
ScriptCall publishing(ScriptCall);

} // namespace holdfast
