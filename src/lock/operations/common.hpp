// Parts that several transactions share, as the scripts share common.lua; and the includes that each operation's file
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

/// `value`, limited to `now` on the node's clock plus or minus the tolerance.
milliseconds near(milliseconds value, milliseconds now);

/// Adds the commands that remove an entry from the queue.
void leave(const LockKey&, std::string_view entry, Request&);

/// Adds the command that makes the node remember the fence number.
void set_fence(const LockKey&, int64_t fence, Request&);
/// The fence number that a node has. One above largest_fence becomes largest_fence, so that the next number is refused.
int64_t number_of(const Reply& fence);

/// Whether an attempt of the same run before `token` has set that value.
bool is_attempt_before(std::string_view value, const Token&);

/// The beginning of the queue, up to its first living entry, read with three commands.
struct QueueHead {
    milliseconds now;                        ///< by the node's clock
    std::string first;                       ///< the first entry that lives; empty: no run waits
    std::vector<std::string> stale;          ///< entries that their runs no longer refresh, to be dropped
    std::optional<milliseconds> first_lasts; ///< how long the first entry lives; nothing: too little of `seen` was read

    static void add(const LockKey&, Request&);
    explicit QueueHead(std::span<const Reply> replies);

    /// The message that tells the first in line that it may try.
    Request hint(const LockKey&) const;
};

} // namespace holdfast
