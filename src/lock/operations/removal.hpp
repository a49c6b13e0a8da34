// The transaction of operations that delete a lock's key: release, withdraw, revoke.
#pragma once

#include "lock/operations/common.hpp"
#include "lock/operations/history.hpp"

#include <functional>
#include <string>

namespace holdfast {

struct Removal {
    bool remove;
    std::string verdict;
    Request hints;                 ///< messages to publish after the key is deleted, or at once if it is not deleted
    std::string token{};           ///< with `end`: the token whose hold ends
    std::optional<EndEntry> end{}; ///< for the history, if the key is deleted
};

/// The command that marks a token as void; nothing if `lasts` is zero. The command goes before a transaction and is no
/// part of it, because a full server refuses the mark, and the rest has to be done all the same.
Request void_mark(const LockKey&, std::string_view token, milliseconds lasts, std::string_view words = "");

/// Sends `before`, which may fail, and deletes the key if `judge` says so of its value.
Exchange remove(const LockKey&, const Request& before,
                std::function<Removal(const Reply& value, const QueueHead& head)> judge);

} // namespace holdfast
