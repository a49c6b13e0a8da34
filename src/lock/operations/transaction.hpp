// The steps of which transactions on a node consist: watch, read, and then either MULTI ... EXEC in one write or let go
// with UNWATCH. An EXEC that is refused, because what was watched has changed, starts the transaction again; the round
// that it belongs to has a deadline. Nothing is ever left between MULTI and EXEC.
#pragma once

#include "redis/node_set.hpp"

#include <functional>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace holdfast {

using Replies = std::vector<Reply>;

/// Begins what commit() may end. The empty transaction in front shows that this user may have one: where MULTI is
/// refused, what is sent behind it would be done at once, whatever has changed. Nothing of an earlier WATCH is left
/// behind it either.
Request watch(std::initializer_list<std::string_view> keys);
constexpr size_t watch_replies = 3;

/// Sends it, and hands on what came back, unless the node refused something.
Exchange ask(Request, std::function<Step(Replies&&)> then);

/// Ends a transaction that changes nothing. `hints` may fail.
Exchange let_go(Reply answer, const Request& hints = {});

/// MULTI, what `add` adds, EXEC; behind it, hints whose failure means nothing. `then` gets as many results as `add` has
/// added commands.
Exchange commit(const std::function<void(Request&)>& add, std::function<Step(const Reply& results)> then,
                std::function<Exchange()> again, const Request& hints = {});

} // namespace holdfast
