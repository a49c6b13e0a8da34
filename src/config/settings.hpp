// Every setting of holdfast: its meaning, its default, and where it may come from.
//
// Two stages: Typed is what the command line says, word for word; resolve() adds the HOLDFAST_* environment
// and the defaults, checks each value, and gives Settings. Precedence: command line, environment, default.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

struct Typed {
    std::vector<std::string> nodes{};
    std::optional<std::string> ttl{}, wait{}, grace{}, drift{}, on_lost{}, leftovers{}, max_hold{},
        conflict_exit_code{}, key_prefix{}, node_timeout{}, local_dir{}, restart_guard{};
    bool nonblock = false;
    bool tree = false;
    bool no_scripts = false;
    bool verbose = false;
    bool quiet = false;
};

struct Settings {
    /// --node, HOLDFAST_NODES. Node URIs as written, which may hold passwords. No default: a lock that silently
    /// fell back to this machine would be worse than none.
    std::vector<Secret> nodes;
    /// HOLDFAST_PASSWORD. For nodes whose URI has no password. Never on a command line.
    Secret password;
    /// --key-prefix, HOLDFAST_KEY_PREFIX. In front of each lock's name; '' shares names with other lock clients.
    std::string key_prefix = "holdfast:";
    /// --node-timeout, HOLDFAST_NODE_TIMEOUT. For one request on an open connection. Default min(TTL/10, 1s).
    milliseconds node_timeout{};
    /// --restart-guard, HOLDFAST_RESTART_GUARD. With three or more nodes, for how long one that was started has no
    /// vote, because it may have forgotten locks. One value for all users of these nodes, no shorter than any of their
    /// TTLs; nothing, written `off`, is for servers that keep what they granted.
    std::optional<milliseconds> restart_guard{60'000};
    /// --no-scripts, HOLDFAST_NO_SCRIPTS. Ask the nodes by transactions, which are slower, instead of Lua scripts.
    bool no_scripts = false;
    /// --local-dir, HOLDFAST_LOCAL_DIR. Where `local:` nodes live. Default /tmp/holdfast-UID.
    std::string local_dir;

    /// --ttl, HOLDFAST_TTL. How long the lock outlives a holder that vanished. Longer: fewer renewals and more
    /// patience with slow nodes, but a longer wait after a crash. At least 1s.
    milliseconds ttl{30'000};
    /// --wait, HOLDFAST_WAIT; --nonblock is zero. Nothing: for ever.
    std::optional<milliseconds> wait;
    /// --grace, HOLDFAST_GRACE. Between SIGTERM and SIGKILL when the command has to stop. Default min(5s, TTL/4).
    milliseconds grace{};
    /// --drift, HOLDFAST_DRIFT. Bound on the difference between two clock rates.
    double drift = 0.01;
    /// --on-lost, HOLDFAST_ON_LOST. `ignore`: the command goes on without the lock, which is told; the status is 79 all
    /// the same.
    enum class OnLost { stop, ignore } on_lost = OnLost::stop;
    /// --leftovers, HOLDFAST_LEFTOVERS. When the command has ended and others of its process group still run: hold the
    /// lock until they end, stop them, or release at once.
    enum class Leftovers { wait, kill, leave } leftovers = Leftovers::wait;
    /// --tree, HOLDFAST_TREE. When the command has to be stopped, so are descendants that left its process group.
    bool tree = false;
    /// --max-hold, HOLDFAST_MAX_HOLD. Stops the command after this long. Nothing, or zero: never.
    std::optional<milliseconds> max_hold;
    /// --conflict-exit-code, HOLDFAST_CONFLICT_EXIT_CODE. Status when the lock was not acquired.
    int conflict_exit_code = 75;

    Verbosity verbosity = Verbosity::normal;
};

/// A variable's value; nothing when it is unset. An empty one counts as unset, but for the key prefix.
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// This process's own.
std::optional<std::string> environment_variable(const char* name);

/// Throws Failure with a sentence that names the option or variable and shows a value that would do.
Settings resolve(const Typed&, const Environment&);

} // namespace holdfast
