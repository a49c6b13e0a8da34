// What a node is asked to do for a lock. Each operation is atomic on its node, and exists twice with one meaning: as a
// Lua script, and as a WATCH / MULTI / EXEC transaction for servers and users that are allowed no scripts; the same
// tests run over both. They are defined in lock/operations.
//
// Rules that scripts and transactions keep: times are relative (hazard 8); the key changes only if it is free or has
// the expected record or run (hazard 18); the scripts of extend and release use no command that a full server refuses
// (hazard 43), though such a server refuses every transaction; a message is never part of the operation, so a refused
// PUBLISH changes nothing.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/limits.hpp"
#include "lock/operations/node_reply.hpp"
#include "lock/operations/script.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <variant>

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

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

/// If the key is ours and the node's fence number is smaller than `to`, that number becomes `to`. Verdicts: raised,
/// refused, not_ours. For a shared holder the node's number may also be `to` already.
struct Raise {
    Record record;
    Fence to;
    std::optional<Seat> seat{}; ///< nothing: an exclusive holder

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

/// Gives the key a fresh TTL if it is ours. The script uses no command that a full server refuses (hazard 43). With
/// `success`, for a lock that is kept, the script writes that mark in the end, as the script of Release does. Verdicts:
/// yours, missing, taken, revoked. A member of a group is renewed if its record is ours and its life has not ended, and
/// leaves the queue of a node that did not grant at first.
struct Extend {
    Token token;
    Record record;
    milliseconds ttl;
    std::optional<Seat> seat{};       ///< nothing: an exclusive holder
    std::string entry{};              ///< with a seat: our entry in the queue, if there is one
    std::optional<Success> success{}; ///< only without a seat
    /// Of a lock that is kept: the record that the key or the member has from then on. A full server, which refuses to
    /// write the record, extends all the same.
    std::optional<Record> kept{};

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
    /// What replaces script() while a cluster moves the lock's keys: a script that only extends the key. It does not
    /// look at the void mark: a revocation deletes the key as well, and nothing renews an attempt that was given up. It
    /// writes neither success nor kept. Nothing for a member of a group.
    std::optional<Request> alone(const LockKey&) const;
};

/// Sets the record again if the key is missing or still ours, and with it the fence number if the node's is smaller.
/// Verdicts: yours, taken, revoked. A member of a group comes back if the key is missing or has its group, and its seat
/// is free or still ours.
struct Restore {
    Token token;
    Record record;
    milliseconds ttl;
    Fence fence;
    std::optional<Seat> seat{}; ///< nothing: an exclusive holder
    std::string entry{};        ///< with a seat: our entry in the queue, if there is one

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

/// Deletes the key if this attempt has set it, or an earlier one whose release the node may not have heard; then tells
/// the first living waiter. Removes `entry`, if there is one, from the queue, because a run that won by other nodes may
/// still stand in this node's queue. With `void_too` a request of that token that is still under way to the node does
/// nothing when it arrives (hazard 34). The script deletes before it uses any command that a full server refuses
/// (hazard 43). With `success` the script writes that mark in the end, also where the key is gone, but not where the
/// lock was taken away; the transaction and the script for the key alone write no mark, and the answer says so.
/// Verdicts: released, not_ours; revoked if it is not ours because force-release took it away. A member of a group
/// leaves it, and the key goes with the last member.
struct Release {
    Token token;
    std::string entry;
    bool void_too;
    std::optional<Seat> seat{};       ///< nothing: an exclusive holder
    std::optional<Success> success{}; ///< only without a seat

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
    /// What replaces script() while a cluster moves the lock's keys: a script for the key alone, which tells no waiter.
    /// Nothing if the token has to be marked void, and nothing for a member of a group.
    std::optional<Request> alone(const LockKey&) const;
};

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

/// Deletes the key if it has that record, or what min_hold has made of the record, and holds the record's token void
/// from then on. Tells the holder `words`, at once and whenever the holder asks again, and tells the first living
/// waiter that it may try. Verdicts: revoked, changed, free. With a seat, that member of the group is taken out.
struct Revoke {
    Record record;
    std::string words;
    std::optional<Seat> seat{}; ///< nothing: an exclusive holder

    /// The message for the revoked channel.
    std::string message() const { return std::string{record.token()} + " " + words; }
    /// How long the token stays void: as long as a request that would bring the record back may be under way.
    milliseconds void_for() const { return std::max(record.holder ? record.holder->ttl : milliseconds{0}, void_lasts); }

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

/// Deletes the mark, so that a run with --once-in is not skipped for it. The answer has the mark that was there.
/// A key of another type, which is no mark, stays. Verdict: forgotten.
struct Forget {
    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

/// Changes nothing. Of the members of a group the answer names those that end last, and that of `run` in any case.
/// Verdicts: held, free.
struct Inspect {
    std::string run{};

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

using Operation = std::variant<Acquire, Raise, Extend, Restore, Release, Withdraw, Revoke, Forget, Inspect>;

/// How operations are sent to a node.
enum class Mode {
    scripts,      ///< by the digests of scripts, and where the node does not know one, by its text
    texts,        ///< by the texts of scripts
    transactions, ///< without scripts
};

/// An operation on a lock, for any number of nodes: its request is put together once for all. Cheap to copy.
class LockOperation {
  public:
    LockOperation(LockKey, Operation);

    /// The exchange with one node. If the node refuses a script's digest (refuses_command()), as one does that has
    /// forgotten its scripts, the exchange goes on at once with the script's text, and if the node refuses that as
    /// well, with a transaction; `mode`, which outlives the exchange, becomes what the node takes. For a member of a
    /// group and for Acquire with once_in there is no transaction: a script goes out in any mode, and if the node
    /// refuses EVAL, the answer is no_scripts. Unless the answer is `awaited`, a script goes out by its text, which
    /// takes a single step.
    Exchange on(Mode& mode, bool awaited = true) const;

  private:
    struct Parts;
    std::shared_ptr<Parts> parts_;
};

/// As LockOperation::on(), for an operation that goes to one node alone.
inline Exchange exchange(const LockKey& key, const Operation& operation, Mode& mode) {
    return LockOperation{key, operation}.on(mode);
}

} // namespace holdfast
