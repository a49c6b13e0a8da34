// Raise makes a node accept a larger fence number.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/node_reply.hpp"
#include "lock/operations/script.hpp"

namespace holdfast {

/// If the key is ours and the node's fence number is smaller than `to`, that number becomes `to`. Verdicts: raised,
/// refused, not_ours. For a shared holder the node's number may also be `to` already.
struct Raise {
    Record record;
    Fence to;
    std::optional<Seat> seat{}; ///< nothing: an exclusive holder

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

} // namespace holdfast
