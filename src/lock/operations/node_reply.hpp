// What a node replies to an operation: a verdict and its details. Only whitelisted verdicts count; whatever else a node
// says is no vote (hazard 24).
#pragma once

#include "lock/fence.hpp"
#include "lock/record.hpp"
#include "redis/node_set.hpp"

#include <tl/expected.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

enum class Verdict {
    granted,    ///< the lock is ours now
    held,       ///< another holder has the lock
    reserved,   ///< the lock is free, but other waiters are ahead of us
    raised,     ///< the node's fence number is now the one that we asked for
    refused,    ///< the node's fence number was not smaller than the one that we asked for
    yours,      ///< the key was ours, and has a fresh TTL
    missing,    ///< no such key
    taken,      ///< the key is another holder's
    revoked,    ///< the node holds our token void, as taken away or given up; of Release only as taken away; of
                ///< Revoke: the key is deleted
    released,   ///< the key was ours, and is gone
    not_ours,   ///< the key was not ours, and nothing is done
    done,       ///< we are out of the queue
    changed,    ///< the key has another record by now, and nothing is done
    free,       ///< no such key
    no_scripts, ///< the node runs no scripts, which a group of holders and once_in need
    skipped,    ///< the mark of a success is younger than Acquire::once_in
    forgotten,  ///< no mark of a success is left
    not_a_lock, ///< of any operation: a key of another type, or one without a TTL
};

/// The word for each verdict in a node's reply, in the order of Verdict. No reply says not_a_lock: that follows from an
/// error or a missing TTL.
constexpr std::array<std::string_view, 17> verdict_names{
    "granted",  "held",     "reserved", "raised",  "refused", "yours",      "missing", "taken",    "revoked",
    "released", "not_ours", "done",     "changed", "free",    "no_scripts", "skipped", "forgotten"};
static_assert(verdict_names.size() == static_cast<size_t>(Verdict::not_a_lock));

struct Waiter {
    Record record; ///< the waiter's entry, whose token has no attempt
    milliseconds waited{};
};

/// One member of a group of holders, as a node names it.
struct Member {
    Record record;
    milliseconds left{}; ///< until the node drops the member, unless renewed
};

struct NodeReply {
    Verdict verdict;
    /// held: what stands in the key; reserved: the first in the queue; revoked: the words, of Revoke the record that is
    /// deleted; skipped and forgotten: the mark.
    std::string value{};
    milliseconds ttl_left{};     ///< of the key (held), the queue's first entry (reserved), the mark (skipped,
                                 ///< forgotten)
    size_t position = 0;         ///< held, reserved: our place in the queue, from 1; 0: not in it
    Fence fence{};               ///< of granted, raised and refused, and of Inspect
    std::vector<Waiter> queue{}; ///< of Inspect: the living waiters among the first hundred in line
    size_t waiting = 0;          ///< of Inspect: how many waiters live in all
    bool marked = false;         ///< of Release and Extend with a success: the node has written its mark
    /// Of Inspect: the last success of a run with --once-in.
    std::optional<Success> success{};
    /// If the key has a group: those of its living members that end last, at most a hundred (limits.hpp).
    std::vector<Member> members{};
};

/// What a node replied to an operation.
tl::expected<NodeReply, NodeFailure> node_reply(const Answer&);
/// What a node replied in a round with a deadline, in which no answer means a timeout.
tl::expected<NodeReply, NodeFailure> node_reply(const std::optional<Answer>&);
/// Whether a node has set our key in answer to Acquire, even if the answer counts as no vote: the key has to be taken
/// back.
bool has_granted(const Answer&);
/// What a node's error means for the lock: the verdict not_a_lock, or a failure.
tl::expected<NodeReply, NodeFailure> refused(const Reply& error);
/// The time by the node's clock, from the node's answer to TIME; 0 if the answer makes no sense.
milliseconds time_of(const Reply&);
/// The duration that a node tells, which may be negative, limited to a century, so that it fits into nanoseconds.
milliseconds duration_of(int64_t ms);

} // namespace holdfast
