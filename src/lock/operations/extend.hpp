// Extend renews a lock on one node.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/node_reply.hpp"

namespace holdfast {

/// Gives the key a fresh TTL if it is ours. The script uses no command that a full server refuses (hazard 43).
/// Verdicts: yours, missing, taken, revoked.
struct Extend {
    Token token;
    Record record;
    milliseconds ttl;

    Request script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
    /// The script for the key alone. It leaves out the void mark: a revocation deletes the key as well, and nothing
    /// renews an attempt that was given up.
    std::optional<Request> alone(const LockKey&) const;
};

} // namespace holdfast
