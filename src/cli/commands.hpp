// The commands: each takes the parsed command line and the settings, does its work and says how the program
// ends. Each has a file of its own. All throw Failure.
#pragma once

#include "base/exit_status.hpp"
#include "cli/arguments.hpp"
#include "config/resolve.hpp"
#include "lock/operations.hpp"
#include "redis/node.hpp"
#include "redis/node_set.hpp"

#include <vector>

namespace holdfast {

/// How the program ends: with a status, or of a signal.
struct Exit {
    int status = 0;
    int signal = 0; ///< not 0: die of it

    Exit(ExitStatus known) : status{static_cast<int>(known)} {} // NOLINT(google-explicit-constructor)
    static Exit with(int status) { return Exit{status, 0}; }
    static Exit of_signal(int signal) { return Exit{128 + signal, signal}; }

  private:
    Exit(int status_, int signal_) : status{status_}, signal{signal_} {}
};

Exit run(const Arguments&, const Settings&);
Exit acquire(const Arguments&, const Settings&);
Exit renew(const Arguments&, const Settings&);
Exit release(const Arguments&, const Settings&);
Exit verify(const Arguments&, const Settings&);
Exit status(const Arguments&, const Settings&);
Exit list(const Arguments&, const Settings&);
Exit force_release(const Arguments&, const Settings&);
Exit doctor(const Arguments&, const Settings&);
Exit completion(const Arguments&);
Exit print_config(const Resolved&);

/// What a command is about. All refuse what cannot be.
/// The configured nodes; starts `local:` ones.
std::vector<Node> configured_nodes(const Settings&);
/// The same, to be asked; the look-up of their names has begun.
NodeSet nodes_to_ask(const Settings&);
/// How they are asked at first.
Mode mode(const Settings&);
/// The key of the lock that the command line names.
LockKey lock_key(const Arguments&, const Settings&);

} // namespace holdfast
