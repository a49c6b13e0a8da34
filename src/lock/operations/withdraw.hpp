// Withdraw ends a wait, or a try that has failed.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/node_reply.hpp"
#include "lock/operations/script.hpp"

namespace holdfast {

/// Leaves the queue; deletes the key if it is ours from any attempt; tells the first living waiter if the key is free
/// then. Verdict: done. With a seat, the run leaves its group, in whatever seat it is.
struct Withdraw {
    Token token;
    std::string entry;
    bool void_too;
    std::optional<Seat> seat{}; ///< nothing: an exclusive holder

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

} // namespace holdfast
