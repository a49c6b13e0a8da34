// What a node is asked to do for a lock: each operation is one Lua script, so it is atomic on its node, and
// answers with a status word. Only whitelisted words count; whatever else a node says is no vote (hazard 24).
//
// Rules that the scripts keep: relative times only (hazard 8); every change is guarded by equality with the
// whole record (hazard 18); extend and release use no command that a full server refuses (hazard 43).
#pragma once

#include "base/clock.hpp"
#include "lock/record.hpp"
#include "redis/connection.hpp"
#include "redis/request.hpp"

#include <tl/expected.hpp>

#include <string>

namespace holdfast {

/// A lock's name with the prefix in front: the key itself; other keys of the lock derive from it and share
/// its cluster slot.
struct LockKey {
    std::string name;
    std::string prefix;

    std::string key() const { return prefix + name; }
    /// Marks a token as worth nothing on that node.
    std::string void_mark(std::string_view token) const;
};

/// Why `name` cannot name a lock, as a sentence; nothing when it can.
std::optional<std::string> not_a_lock_name(std::string_view name);

enum class Word {
    granted,    ///< acquire: it is ours now
    held,       ///< acquire: somebody else's
    yours,      ///< extend: was ours, has a fresh TTL
    missing,    ///< extend: no such key
    taken,      ///< extend: somebody else's
    revoked,    ///< acquire, extend: the token is worth nothing here; revoke: taken away
    released,   ///< release: was ours, is gone
    not_ours,   ///< release: was not ours, nothing done
    changed,    ///< revoke: another record by now, nothing done
    free,       ///< revoke, inspect: no such key
    not_a_lock, ///< any: a key of another type, or one without a TTL
};

struct Said {
    Word word;
    std::string value{};     ///< held: what stands in the key
    milliseconds ttl_left{}; ///< held
};

/// SET K PX if K is free or an earlier attempt of the same run; granted, held or revoked.
Request acquire_request(const LockKey&, const Token&, const Record&, milliseconds ttl);
/// PEXPIRE if K is ours; yours, missing, taken or revoked.
Request extend_request(const LockKey&, const Token&, const Record&, milliseconds ttl);
/// DEL if K is ours; released or not_ours. With `void_too` a request of that token which is still under
/// way to the node does nothing when it arrives (hazard 34).
Request release_request(const LockKey&, const Token&, const Record&, bool void_too);
/// DEL if K has just that record, whose token is void from then on; revoked, changed or free.
Request revoke_request(const LockKey&, const Record&);
/// Reads K and its TTL; held or free.
Request inspect_request(const LockKey&);

/// What a node answered to one of these.
tl::expected<Said, NodeFailure> said(const Answer&);

} // namespace holdfast
