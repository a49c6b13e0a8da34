// Parts that several operations share: the steps of which a transaction on a node consists, the replies that it ends
// with, in the form in which a script would have answered, and what the scripts share as common.lua and members.lua.
//
// A transaction watches, reads, and then either sends MULTI ... EXEC in one write or lets go with UNWATCH. If EXEC is
// refused because a watched key has changed, the transaction starts again, until the deadline of its round. A
// connection is never left between MULTI and EXEC.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/limits.hpp"
#include "lock/operations/script.hpp"
#include "lock/record.hpp"
#include "redis/node_set.hpp"

#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

inline Reply text(std::string_view value) { return {Reply::Type::text, std::string{value}, 0, {}}; }
inline Reply integer(int64_t value) { return {Reply::Type::integer, {}, value, {}}; }
inline Reply list(std::vector<Reply> items) { return {Reply::Type::list, {}, 0, std::move(items)}; }
inline Reply verdict(std::string_view name) { return list({text(name)}); }

/// Visits each member and its score in a reply to ZRANGE ... WITHSCORES: RESP3 sends pairs, RESP2 one flat list.
template <typename Visit>
void for_each_score(const Reply& reply, Visit visit) {
    for (size_t i = 0; i < reply.items.size(); ++i) {
        const Reply& item = reply.items[i];
        if (item.items.size() == 2) visit(item.items[0].text, item.items[1].number());
        else if (i + 1 < reply.items.size()) visit(item.text, reply.items[++i].number());
    }
}

using Replies = std::vector<Reply>;

/// Begins a transaction that commit() may end. The empty MULTI and EXEC before WATCH fail if our user may not use
/// transactions: if MULTI were refused later, the commands after it would be executed at once, whatever has changed.
/// The EXEC also ends an earlier WATCH.
Request watch(std::initializer_list<std::string_view> keys);
constexpr size_t watch_replies = 3;

/// Sends the request and passes the replies to `then`; if the node refuses a command, that error is the answer.
Exchange ask(Request, std::function<Step(Replies&&)> then);

/// Ends a transaction that changes nothing, with `answer`. The commands of `hints` go out behind it; their failure is
/// ignored.
Exchange let_go(Reply answer, const Request& hints = {});

/// Sends MULTI, the commands that `add` adds, EXEC, and then `hints`, whose failure is ignored. `then` gets one result
/// for each command that `add` has added. If a watched key has changed, nothing is done, and the exchange of `again`
/// follows. If the node refuses a command, that error is the answer.
Exchange commit(const std::function<void(Request&)>& add, std::function<Step(const Reply& results)> then,
                std::function<Exchange()> again, const Request& hints = {});

/// The operation's script: `member` for a member of a group, `exclusive` without a seat.
Script script_for(const LockKey&, const std::optional<Seat>&, std::string_view exclusive, std::string_view member,
                  ScriptArguments);

/// `value`, limited to `now` on the node's clock plus or minus the tolerance.
milliseconds near(milliseconds value, milliseconds now);

/// Adds the commands that remove an entry from the queue.
void leave(const LockKey&, std::string_view entry, Request&);

/// Adds the command that makes the node remember the fence number.
void set_fence(const LockKey&, int64_t fence, Request&);
/// The fence number that a node has. One above largest_fence becomes largest_fence, so that the next number is refused.
int64_t number_of(const Reply& fence);

/// Whether an attempt of the same run before `token` has set that value.
bool is_attempt_before(std::string_view value, const Token&);

/// The beginning of the queue, up to its first living entry, read with three commands.
struct QueueHead {
    milliseconds now;                        ///< by the node's clock
    std::string first;                       ///< the first entry that lives; empty: no run waits
    std::vector<std::string> stale;          ///< entries that their runs no longer refresh, to be dropped
    std::optional<milliseconds> first_lasts; ///< how long the first entry lives; nothing: too little of `seen` was read

    static void add(const LockKey&, Request&);
    explicit QueueHead(std::span<const Reply> replies);

    /// Drops the stale entries, and publishes the message that tells the first in line that it may try.
    Request hint(const LockKey&) const;
};

/// Ends a look with `answer`. If its second item, the value of the key, is a group, the answer gets a further item: the
/// members that live at `now` by the node's clock, those that end last, at most a hundred, and `also` if it lives.
Step with_members(const LockKey&, milliseconds now, Reply answer, const std::string& also = "");

} // namespace holdfast
