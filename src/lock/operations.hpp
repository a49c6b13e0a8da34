// What a node is asked to do for a lock, and what it may answer. Each operation is atomic on its node. It exists twice
// with one meaning: as a Lua script, and as a WATCH / MULTI / EXEC transaction for servers and users that are allowed
// no scripts; the same tests run over both.
//
// Rules that both keep: relative times only (hazard 8); every change is guarded by equality with the whole record
// (hazard 18); the scripts of extend and release use no command that a full server refuses (hazard 43), which takes no
// transaction at all; a message is never part of the
// operation, so a refused PUBLISH changes nothing. Only whitelisted words count as answers; whatever else a node says
// is no vote (hazard 24).
#pragma once

#include "base/clock.hpp"
#include "lock/record.hpp"
#include "redis/node_set.hpp"

#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdfast {

/// A lock's name with the prefix in front: the key itself. The other keys and the channels of the lock begin with it,
/// so that rights for one prefix cover all of them, and share its cluster slot. Neither part has braces in it, so that
/// none of these is the key of another lock.
struct LockKey {
    std::string name;
    std::string prefix;

    std::string key() const { return prefix + name; }
    std::string fence() const { return companion("fence"); } ///< the last number accepted here
    std::string queue() const { return companion("queue"); } ///< waiters by ticket
    std::string seen() const { return companion("seen"); }   ///< waiters by when their entry becomes stale
    /// Marks a token as worth nothing on that node.
    std::string void_mark(std::string_view token) const { return companion("void:") + std::string{token}; }
    /// The channel on which that run hears that it may try.
    std::string turn_channel(std::string_view run) const { return turn_channels() + std::string{run}; }
    std::string turn_channels() const { return companion("turn:"); }
    /// Carries the token of a holder from whom the lock was taken away, and what there is to say of it.
    std::string revoked_channel() const { return companion("revoked"); }
    /// Where earlier versions kept the fence number: read as long as there is none under fence().
    std::string earlier_fence() const { return "{" + key() + "}:fence"; }

    std::string companion(std::string_view word) const { return key() + ":{" + key() + "}:" + std::string{word}; }
};

/// Why `name` cannot name a lock, as a sentence; nothing when it can.
std::optional<std::string> not_a_lock_name(std::string_view name);

/// A number that grows from holder to holder (lock/fence.hpp).
struct Fence {
    int64_t number = 0;
    auto operator<=>(const Fence&) const = default; // NOLINT(modernize-use-nullptr): clang-tidy 14 means the 0 in <=>
};
/// Beyond it a script's double no longer tells one number from the next.
constexpr Fence largest_fence{9'000'000'000'000'000};

/// A waiter's place in the queue. Its ticket is the start of its wait by its own wall clock, brought by each node
/// within a second of what the node's clock makes of the time waited, so that a wrong clock neither starves others nor
/// itself.
struct Waiting {
    std::string entry;  ///< "RUN {json}", the same as long as the run waits
    milliseconds since; ///< wall clock
    milliseconds waited;
    milliseconds lasts; ///< how long the entry lives unless it is refreshed
};

/// Takes K if it is free, or an earlier attempt of the same run, and nobody is ahead in the queue; leaves the queue and
/// accepts a fence number. Otherwise, when waiting, enters the queue or refreshes its entry there.
/// granted, held, reserved, revoked
struct Acquire {
    Token token;
    Record record;
    milliseconds ttl;
    Fence proposal;
    std::optional<Waiting> waiting{};
};
/// If K is ours and the number smaller: the number becomes `to`. raised, refused, not_ours
struct Raise {
    Record record;
    Fence to;
};
/// A fresh TTL if K is ours. yours, missing, taken, revoked
struct Extend {
    Token token;
    Record record;
    milliseconds ttl;
};
/// Puts the record back where the node has forgotten it, and the number with it. yours, taken, revoked
struct Restore {
    Token token;
    Record record;
    milliseconds ttl;
    Fence fence;
};
/// DEL if K is ours from this attempt or an earlier one, of which the node may not have heard the end; tells the first
/// live waiter. Who won by other nodes may still stand in the queue here: `entry`, if there is one, leaves it. With
/// `void_too` a request of that token which is still under way to the node does nothing when it arrives (hazard 34).
/// released, not_ours
struct Release {
    Token token;
    std::string entry;
    bool void_too;
};
/// Leaves the queue; DEL if K is ours from any attempt; tells the first live waiter if K is free then. done
struct Withdraw {
    Token token;
    std::string entry;
    bool void_too;
};
/// DEL if K has just that record, whose token is void from then on; tells its holder, in those words, at once and
/// whenever it asks again, and the first live waiter. revoked, changed, free
struct Revoke {
    Record record;
    std::string words;

    /// What goes over the revoked channel.
    std::string message() const { return std::string{record.token()} + " " + words; }
    /// As long as a request that would bring the record back may be under way.
    milliseconds void_lasts() const;
};
/// Reads all there is of a lock, and changes nothing. held, free
struct Inspect {};
using Operation = std::variant<Acquire, Raise, Extend, Restore, Release, Withdraw, Revoke, Inspect>;

enum class Verdict {
    granted,    ///< it is ours now
    held,       ///< somebody else's
    reserved,   ///< free, but others are ahead of us
    raised,     ///< the fence number is what we asked for
    refused,    ///< the fence number is no smaller
    yours,      ///< was ours, has a fresh TTL
    missing,    ///< no such key
    taken,      ///< somebody else's
    revoked,    ///< the token is worth nothing here; of Revoke: taken away
    released,   ///< was ours, is gone
    not_ours,   ///< was not ours, nothing done
    done,       ///< we wait no longer
    changed,    ///< another record by now, nothing done
    free,       ///< no such key
    not_a_lock, ///< any: a key of another type, or one without a TTL
};

struct Waiter {
    Record record; ///< its token has no attempt
    milliseconds waited{};
};

struct NodeReply {
    Verdict verdict;
    std::string value{};     ///< held: what stands in the key; reserved: who is first in the queue; revoked: the words
    milliseconds ttl_left{}; ///< held: of the key; reserved: of the entry of who is first
    size_t position = 0;     ///< held, reserved: our place in the queue, from 1; 0: not in it
    Fence fence{};           ///< granted, raised, refused; of Inspect
    std::vector<Waiter> queue{}; ///< of Inspect: those of the first hundred in line who live
    size_t waiting = 0;          ///< of Inspect: all who live
};

/// How a node wants to be asked.
enum class Mode { scripts, transactions };

/// One operation on one node. A node that refuses scripts is asked by transaction at once, and `way`, which outlives
/// the exchange, says so from then on.
Exchange exchange(const LockKey&, const Operation&, Mode& mode);

/// What a node answered to one of these.
tl::expected<NodeReply, NodeFailure> node_reply(const Answer&);
/// The same after a round with a deadline: nothing is a timeout.
tl::expected<NodeReply, NodeFailure> node_reply(const std::optional<Answer>&);
/// Whether a node has set our key in answer to Acquire, with or without a vote: it has to be taken back.
bool has_granted(const Answer&);
/// What an error of a node says of a lock: not_a_lock, or nothing.
tl::expected<NodeReply, NodeFailure> refused(const Reply& error);
/// By the node's clock, from its answer to TIME.
milliseconds time_of(const Reply&);
/// A duration as a node tells it; a century at most, which nanoseconds can count.
milliseconds duration_of(int64_t ms);

/// The two ways. What they end with has the same form: a word and its details. A script is the last of its request.
Request script(const LockKey&, const Operation&);
Exchange transaction(const LockKey&, const Operation&);

/// Limits that both ways share.
constexpr milliseconds void_lasts{60'000};
constexpr milliseconds fence_lasts = std::chrono::days{90};
constexpr milliseconds queue_lasts{60'000};
/// How many places of the queue Inspect looks at, however many wait.
constexpr size_t places_shown = 100;
/// How far a client's clock is believed to be from a node's.
constexpr milliseconds clock_tolerance{1000};

} // namespace holdfast
