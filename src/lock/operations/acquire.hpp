// Acquire takes a lock on one node, or enters the queue.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/node_reply.hpp"
#include "lock/operations/script.hpp"

namespace holdfast {

/// A waiter's place in the queue. The waiter's ticket is the start of its wait by its own wall clock. Each node moves
/// the ticket to within a second of the start that its own clock and the time waited give, so that a waiter with a
/// wrong clock starves neither others nor itself.
struct Waiting {
    std::string entry;  ///< "RUN {json}", the same as long as the run waits
    milliseconds since; ///< the start of the wait, by the waiter's wall clock
    milliseconds waited;
    milliseconds lasts; ///< how long the entry lives unless it is refreshed
};

/// Without a seat: takes the key if the key is free, or of an earlier attempt of the same run, and no other waiter is
/// ahead in the queue; the run then leaves the queue, and the node accepts a fence number. Otherwise, if `waiting` is
/// set, the run enters the queue or refreshes its entry there. With `once_in`, which only the script knows, a node
/// first looks for the mark of a success that is younger. Verdicts: granted, held, reserved, revoked; with once_in also
/// skipped and no_scripts.
///
/// With a seat: joins the group of that kind if the key is free or has that group, the seat is free or of an earlier
/// attempt of the same run, and no other waiter is ahead, or for a shared lock only waiters that would share it. The
/// first member makes the group. A group has one limit at a time. Verdicts: the same, and no_scripts.
struct Acquire {
    Token token;
    Record record;
    milliseconds ttl;
    Fence proposal;
    std::optional<Waiting> waiting{};
    std::optional<Seat> seat{};
    std::optional<milliseconds> once_in{}; ///< only without a seat
    std::optional<size_t> history{};       ///< how many entries the node keeps (history.hpp); nothing: writes none

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

} // namespace holdfast
