// Extend renews a lock on one node.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/history.hpp"
#include "lock/operations/node_reply.hpp"
#include "lock/operations/script.hpp"

namespace holdfast {

/// Gives the key a fresh TTL if it is ours. The script uses no command that a full server refuses (hazard 43). With
/// `success`, for a lock that is kept, the script writes that mark in the end, as the script of Release does. Verdicts:
/// yours, missing, taken, revoked. A member of a group is renewed if its record is ours and its life has not ended, and
/// leaves the queue of a node that did not grant at first.
struct Extend {
    Token token;
    Record record;
    milliseconds ttl;
    std::optional<Seat> seat{};       ///< nothing: an exclusive holder
    std::string entry{};              ///< with a seat: our entry in the queue, if there is one
    std::optional<Success> success{}; ///< only without a seat
    std::optional<EndEntry> end{};    ///< of a lock that is kept, for the history
    /// Of a lock that is kept: the record that the key or the member has from then on. A full server, which refuses to
    /// write the record, extends all the same.
    std::optional<Record> kept{};

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
    /// The script for the key alone. It leaves out the void mark: a revocation deletes the key as well, and nothing
    /// renews an attempt that was given up. Nothing for a member of a group.
    std::optional<Request> alone(const LockKey&) const;
};

} // namespace holdfast
