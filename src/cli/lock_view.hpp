// How a lock is shown, the same in status, list and force-release, for people and as JSON.
//
// Nothing here shows a token: any process that knows one can release its lock. Of a holder's run the first digits are
// shown, which force-release takes.
#pragma once

#include "base/error.hpp"
#include "base/json.hpp"
#include "cli/screen.hpp"
#include "lock/inspection.hpp"
#include "lock/lock.hpp"

#include <optional>
#include <string>

namespace holdfast {

/// Who holds the lock, in a few words: "backup (root@web1, pid 4242)", "3 share it (oldest: …)", "2 of 3 slots (oldest:
/// …)".
std::string holders_text(const Inspection&);

/// A sentence on the holder and since when, or a table of the holders of a group; then the last success, the waiters,
/// and, if the nodes differ, a table of all nodes.
std::string lock_text(const LockKey&, const Inspection&);

/// The first 12 digits of the run in the token "RUN.ATTEMPT"; empty for the value of another client.
std::string shown_run(std::string_view token);

/// Of a lock with a group of holders how many they are: "x is shared by 3 holders", "2 of 3 slots of x are held".
std::string group_text(const LockKey&, const Inspection&);

/// {"lock", "key", "state", "kind", "slots", "holder", "holders", "kept", "fence", "expires_in_ms", "held_for_ms",
/// "waiting", "nodes_holding"}; a value that is not known is null.
Json lock_json(const LockKey&, const Inspection&);
/// {"label", "user", "host", "pid", "since"} of the one that was in the way of an attempt: the holder, of several the
/// oldest, or the first waiter. Null for another client; nothing if none is known.
std::optional<Json> in_front_json(const Attempt&);
/// {"label", "user", "host", "pid", "age_ms", "counts_for_ms"}; null if no node remembers a success.
Json last_success_json(const Inspection&);
/// [{"position", "label", "user", "host", "pid", "waited_ms"}]
Json waiters_json(const Inspection&);
/// [{"node", "state", "holder", "expires_in_ms", "error"}]
Json nodes_json(const Inspection&);

/// Why the nodes cannot tell the lock's state: too few answered, or the key is not a lock. Nothing if they can.
std::optional<Failure> untold(const LockKey&, const Inspection&);
/// Throws what untold() returns.
void check_told(const LockKey&, const Inspection&);

/// The word for a failure in a node's "state", such as "unreachable".
std::string name_of(NodeFailure::Kind);

} // namespace holdfast
