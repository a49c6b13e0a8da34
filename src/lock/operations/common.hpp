// What several transactions consist of, as common.lua is what all scripts begin with; and all that an operation's file
// needs.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/limits.hpp"
#include "lock/operations/results.hpp"
#include "lock/operations/script.hpp"
#include "lock/operations/transaction.hpp"
#include "lock/record.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// The number, brought within the tolerance of the node's clock.
milliseconds near(milliseconds value, milliseconds now);

/// Adds what removes an entry from the queue.
void leave(const LockKey&, std::string_view entry, Request&);

/// Adds what makes the node remember the number.
void set_fence(const LockKey&, int64_t fence, Request&);
/// The fence number that a node has; one beyond all sense stays beyond it.
int64_t number_of(const Reply& fence);

/// Whether an attempt of the same run before `token` has set that value.
bool is_attempt_before(std::string_view value, const Token&);

/// The queue, as far as its first living entry matters: read with three commands.
struct QueueHead {
    milliseconds now;                        ///< by the node's clock
    std::string first;                       ///< empty: nothing waits
    std::vector<std::string> stale;          ///< entries to drop, which their runs no longer refresh
    std::optional<milliseconds> first_lasts; ///< how long the first entry lives; nothing: too little of `seen` was read

    static void add(const LockKey&, Request&);
    explicit QueueHead(std::span<const Reply> replies);

    /// A hint for the first in line.
    Request hint(const LockKey&) const;
};

} // namespace holdfast
