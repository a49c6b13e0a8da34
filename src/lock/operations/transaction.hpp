// The steps of which transactions on a node consist: watch, read, and then either MULTI ... EXEC in one write or let go
// with UNWATCH. If EXEC is refused because a watched key has changed, the transaction starts again, until the deadline
// of its round. A connection is never left between MULTI and EXEC.
#pragma once

#include "redis/node_set.hpp"

#include <functional>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace holdfast {

using Replies = std::vector<Reply>;

/// Begins a transaction that commit() may end. The empty MULTI and EXEC before WATCH fail if our user may not use
/// transactions: if MULTI were refused later, the commands after it would be executed at once, whatever has changed.
/// The EXEC also ends an earlier WATCH.
Request watch(std::initializer_list<std::string_view> keys);
constexpr size_t watch_replies = 3;

/// Sends the request and passes the replies to `then`; if the node refuses a command, that error is the answer.
Exchange ask(Request, std::function<Step(Replies&&)> then);

/// Ends a transaction that changes nothing, with `answer`. A failure of `hints` is ignored.
Exchange let_go(Reply answer, const Request& hints = {});

/// Sends MULTI, the commands that `add` adds, EXEC, and then `hints`, whose failure is ignored. `then` gets one result
/// for each command that `add` has added.
Exchange commit(const std::function<void(Request&)>& add, std::function<Step(const Reply& results)> then,
                std::function<Exchange()> again, const Request& hints = {});

} // namespace holdfast
