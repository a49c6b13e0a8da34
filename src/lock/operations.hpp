// What a node is asked to do for a lock. Each operation is atomic on its node, and exists twice with one meaning: as a
// Lua script, and as a WATCH / MULTI / EXEC transaction for servers and users that are allowed no scripts; the same
// tests run over both. Each has a file of its own in lock/operations.
//
// Rules that scripts and transactions keep: times are relative (hazard 8); the key changes only if it is free or has
// the expected record or run (hazard 18); the scripts of extend and release use no command that a full server refuses
// (hazard 43), though such a server refuses every transaction; a message is never part of the operation, so a refused
// PUBLISH changes nothing.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/acquire.hpp"
#include "lock/operations/extend.hpp"
#include "lock/operations/forget.hpp"
#include "lock/operations/inspect.hpp"
#include "lock/operations/raise.hpp"
#include "lock/operations/release.hpp"
#include "lock/operations/restore.hpp"
#include "lock/operations/revoke.hpp"
#include "lock/operations/withdraw.hpp"

#include <memory>
#include <variant>

namespace holdfast {

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
inline Exchange exchange(const LockKey& key, const Operation& operation, Mode& mode, bool awaited = true) {
    return LockOperation{key, operation}.on(mode, awaited);
}

} // namespace holdfast
