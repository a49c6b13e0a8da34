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
    held,       ///< another holder has it
    reserved,   ///< it is free, but others are ahead of us
    raised,     ///< the fence number is what we asked for
    refused,    ///< the fence number is no smaller
    yours,      ///< the key was ours, and has a fresh TTL
    missing,    ///< no such key
    taken,      ///< the key is another holder's
    revoked,    ///< the node holds our token void, as taken away or given up; of Revoke: the key is deleted
    released,   ///< the key was ours, and is gone
    not_ours,   ///< the key was not ours, and nothing is done
    done,       ///< we wait no longer
    changed,    ///< another record stands there by now, and nothing is done
    free,       ///< no such key
    not_a_lock, ///< of any operation: a key of another type, or one without a TTL
};

/// How a node says them, in that order. It does not say not_a_lock: an error does, or what stands in the key.
constexpr std::array<std::string_view, 14> verdict_names{"granted",  "held",    "reserved", "raised",  "refused",
                                                         "yours",    "missing", "taken",    "revoked", "released",
                                                         "not_ours", "done",    "changed",  "free"};
static_assert(verdict_names.size() == static_cast<size_t>(Verdict::not_a_lock));

struct Waiter {
    Record record; ///< its token has no attempt
    milliseconds waited{};
};

struct NodeReply {
    Verdict verdict;
    std::string value{};         ///< held: what stands in the key; reserved: the first in the queue; revoked: the words
    milliseconds ttl_left{};     ///< held: of the key; reserved: of the entry of the first in the queue
    size_t position = 0;         ///< held, reserved: our place in the queue, from 1; 0: not in it
    Fence fence{};               ///< granted, raised, refused; of Inspect
    std::vector<Waiter> queue{}; ///< of Inspect: those of the first hundred in line that live
    size_t waiting = 0;          ///< of Inspect: all that live
};

/// What a node replied to an operation.
tl::expected<NodeReply, NodeFailure> node_reply(const Answer&);
/// The same after a round with a deadline: nothing is a timeout.
tl::expected<NodeReply, NodeFailure> node_reply(const std::optional<Answer>&);
/// Whether a node has set our key in answer to Acquire, with or without a vote: the key has to be taken back.
bool has_granted(const Answer&);
/// What an error of a node says of a lock: not_a_lock, or nothing.
tl::expected<NodeReply, NodeFailure> refused(const Reply& error);
/// By the node's clock, from its answer to TIME.
milliseconds time_of(const Reply&);
/// A duration as a node tells it; a century at most, which nanoseconds can count.
milliseconds duration_of(int64_t ms);

} // namespace holdfast
