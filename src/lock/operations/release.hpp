// Release lets a lock go on one node.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/history.hpp"
#include "lock/operations/node_reply.hpp"
#include "lock/operations/script.hpp"

namespace holdfast {

/// Deletes the key if this attempt has set it, or an earlier one whose release the node may not have heard; then tells
/// the first living waiter. Removes `entry`, if there is one, from the queue, because a run that won by other nodes may
/// still stand in this node's queue. With `void_too` a request of that token that is still under way to the node does
/// nothing when it arrives (hazard 34). The script deletes before it uses any command that a full server refuses
/// (hazard 43). With `success` the script writes that mark in the end, also where the key is gone, but not where the
/// lock was taken away; the transaction and the script for the key alone write no mark, and the answer says so.
/// Verdicts: released, not_ours. A member of a group leaves it, and the key goes with the last member.
struct Release {
    Token token;
    std::string entry;
    bool void_too;
    std::optional<Seat> seat{};       ///< nothing: an exclusive holder
    std::optional<Success> success{}; ///< only without a seat
    std::optional<EndEntry> end{};    ///< for the history

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
    /// The script for the key alone, which tells no waiter; nothing if the token has to be marked void,
    /// and nothing for a member of a group.
    std::optional<Request> alone(const LockKey&) const;
};

} // namespace holdfast
