// Revoke takes a lock away from its holder.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/limits.hpp"
#include "lock/operations/node_reply.hpp"

#include <algorithm>

namespace holdfast {

/// Deletes the key if it has just that record, whose token is void from then on; tells the holder, in those words, at
/// once and whenever the holder asks again, and the first living waiter. Verdicts: revoked, changed, free.
struct Revoke {
    Record record;
    std::string words;

    /// What goes over the revoked channel.
    std::string message() const { return std::string{record.token()} + " " + words; }
    /// As long as a request that would bring the record back may be under way.
    milliseconds void_for() const { return std::max(record.holder ? record.holder->ttl : milliseconds{0}, void_lasts); }

    Request script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

} // namespace holdfast
