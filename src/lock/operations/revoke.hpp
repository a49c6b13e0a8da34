// Revoke takes a lock away from its holder.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/history.hpp"
#include "lock/operations/limits.hpp"
#include "lock/operations/node_reply.hpp"
#include "lock/operations/script.hpp"

#include <algorithm>

namespace holdfast {

/// Deletes the key if it has that record, or what min_hold has made of the record, and holds the record's token void
/// from then on. Tells the holder `words`, at once and whenever the holder asks again, and tells the first living
/// waiter that it may try. Verdicts: revoked, changed, free. With a seat, that member of the group is taken out.
struct Revoke {
    Record record;
    std::string words;
    std::optional<Seat> seat{};    ///< nothing: an exclusive holder
    std::optional<EndEntry> end{}; ///< for the history

    /// The message for the revoked channel.
    std::string message() const { return std::string{record.token()} + " " + words; }
    /// How long the token stays void: as long as a request that would bring the record back may be under way.
    milliseconds void_for() const { return std::max(record.holder ? record.holder->ttl : milliseconds{0}, void_lasts); }

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

} // namespace holdfast
