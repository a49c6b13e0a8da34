// All settings of holdfast, resolved and checked. config/options.hpp says how each setting is written,
// config/resolve.hpp where its value comes from.
#pragma once

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "base/verbosity.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

struct Settings {
    /// Node URIs as written, which may hold passwords. No default, because a lock that silently fell back to this
    /// machine would be worse than none.
    std::vector<Secret> nodes;
    /// Where the nodes were given; empty for the command line.
    std::string nodes_from;
    /// If there are no nodes: where they could stand in a configuration file, and what was found there, in words.
    std::string nodes_in_file;
    /// For nodes whose URI has no password. Never on a command line.
    Secret password;
    /// The file from which the password was read, if it was.
    std::optional<std::string> password_file;
    /// PEM files for nodes with TLS whose URI does not say otherwise: the only authorities that are trusted (default:
    /// the system's), our own certificate, and its key. With tls_insecure, any server that answers is believed to be
    /// the node.
    std::string tls_ca, tls_cert, tls_key;
    bool tls_insecure = false;
    /// The beginning of each lock's key, before its name; '' shares keys with other lock clients.
    std::string key_prefix = "holdfast:";
    /// The time for one request on an open connection. Default min(TTL/10, 1s).
    milliseconds node_timeout{};
    /// How many replicas of each node have to have a grant or a renewal before it counts, unless the node's URI says
    /// so.
    int replicas = 0;
    /// With three or more nodes, for how long a node has no vote after its start, because it may have forgotten locks.
    /// One value for all users of these nodes, no shorter than any of their TTLs; nothing, written `off`, is for
    /// servers that keep their grants in a restart.
    std::optional<milliseconds> restart_guard{60'000};
    /// How many entries of a lock's history a node keeps. Nothing, written `off`: none is written.
    std::optional<size_t> history{100};
    /// Ask the nodes by transactions, which are slower, instead of Lua scripts.
    bool no_scripts = false;
    /// Where `local:` nodes live. Default /tmp/holdfast-UID.
    std::string local_dir;

    /// How long the lock outlives a holder that vanished. Longer: fewer renewals and more
    /// patience with slow nodes, but a longer wait after a crash. At least 1s.
    milliseconds ttl{30'000};
    /// How long to wait for a holder. Nothing: for ever. Zero: not at all.
    std::optional<milliseconds> wait;
    /// The time between SIGTERM and SIGKILL when the command has to stop. Default min(5s, TTL/4).
    milliseconds grace{};
    /// The largest difference between two clock rates, as a ratio.
    double drift = 0.01;
    /// `stop`: when the lock is lost, the command is stopped. `ignore`: holdfast reports the loss, but the command goes
    /// on without the lock; the status is 79 all the same.
    enum class OnLost { stop, ignore } on_lost = OnLost::stop;
    /// What to do if processes of the command's group outlive it: hold the lock until they end, stop them, or release
    /// at once.
    enum class Leftovers { wait, kill, leave } leftovers = Leftovers::wait;
    /// Whether descendants that left the command's process group are stopped together with the command.
    bool tree = false;
    /// Stops the command after this long. Nothing, or zero: never.
    std::optional<milliseconds> max_hold;
    /// The exit status if the lock was not acquired.
    int conflict_exit_code = 75;

    /// Keeps the lock at least this long after it was acquired; when the command ends earlier, the rest of this time
    /// becomes the TTL of the lock.
    milliseconds min_hold{};
    /// The name under which other users see this holder. Nothing: the command's program name.
    std::optional<std::string> label;

    Verbosity verbosity = Verbosity::normal;
    LogFormat log_format = LogFormat::text;
    /// "stderr", "syslog", "fd:N" or a file (events/log_target.hpp).
    std::string log_to = "stderr";

    /// The absolute path of the file that was read, and the profile in it that was asked for.
    std::optional<std::string> config_file;
    std::optional<std::string> profile;
};

} // namespace holdfast
