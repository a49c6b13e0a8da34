// A lock's name, and the keys and channels that belong to it on every node.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// The key of a lock is the prefix and then the lock's name. The lock's other keys and its channels begin with that
/// key, so that rights for one prefix cover all of them, and share its cluster slot. Neither name nor prefix has
/// braces, so that none of these other keys is the key of another lock.
struct LockKey {
    std::string name;
    std::string prefix;

    std::string key() const { return prefix + name; }
    std::string fence() const { return companion("fence"); } ///< the last fence number that the node has accepted
    std::string queue() const { return companion("queue"); } ///< waiters, sorted by ticket
    std::string seen() const { return companion("seen"); }   ///< waiters, sorted by when an entry becomes stale
    std::string done() const { return companion("done"); }   ///< the mark of the last success (lock/record.hpp)
    std::string log() const { return companion("log"); }     ///< who held the lock when (lock/operations/history.hpp)
    std::string stats() const { return companion("stats"); } ///< how often and how long (lock/operations/history.hpp)
    /// A node that has this key holds the token void: it grants and renews nothing for that token.
    std::string void_mark(std::string_view token) const { return companion("void:") + std::string{token}; }
    /// Of a group of holders: members() has each member and when it ends by the node's clock, records() has the
    /// members' records.
    std::string members() const { return companion("members"); }
    std::string records() const { return companion("records"); }
    /// The channel on which that run hears that it may try.
    std::string turn_channel(std::string_view run) const { return turn_channels() + std::string{run}; }
    std::string turn_channels() const { return companion("turn:"); }
    /// The channel on which all waiters for a shared lock hear that they may try.
    std::string shared_turn_channel() const { return turn_channels() + "shared"; }
    /// On this channel a node sends the token of a holder from which the lock was taken away, and the words for that
    /// holder.
    std::string revoked_channel() const { return companion("revoked"); }
    /// The key under which earlier versions kept the fence number; read as long as the node has no number under
    /// fence().
    std::string earlier_fence() const { return "{" + key() + "}:fence"; }

    std::string companion(std::string_view word) const {
        const std::string own = key();
        return std::string{own}.append(":{").append(own).append("}:").append(word);
    }
};

/// Why `name` cannot name a lock, as a sentence; nothing when it can. A comma is allowed, because a lock of another
/// client or of an earlier holdfast may have one in its name; a new lock has none, because names are listed with commas
/// between them.
std::optional<std::string> not_a_lock_name(std::string_view name);

} // namespace holdfast
