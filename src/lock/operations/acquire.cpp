#include "lock/operations.hpp"
#include "lock/operations/common.hpp"
#include "lock/operations/marking.hpp"

#include <algorithm>

namespace holdfast {

extern const std::string_view acquire_lua;
extern const std::string_view join_lua;
extern const std::string_view members_lua;
extern const std::string_view taking_lua;

ScriptCall Acquire::script(const LockKey& key) const {
    const Waiting wait = waiting.value_or(Waiting{});
    ScriptArguments arguments{{"ours", record.value},
                              {"ttl", argument(ttl)},
                              {"run", token.run},
                              {"attempt", argument(token.attempt)},
                              {"proposal", argument(proposal.number)},
                              {"entry", wait.entry},
                              {"since", argument(wait.since)},
                              {"waited", argument(wait.waited)},
                              {"lasts", argument(wait.lasts)},
                              {"earlier_fence", key.earlier_fence()}};
    if (seat) arguments.push_back({"turns", key.turn_channels()});
    Script script = seat ? for_member({{taking_lua, members_lua, join_lua}, std::move(arguments)}, key, *seat)
                         : Script{{taking_lua, members_lua, acquire_lua}, std::move(arguments), group_keys(key)};
    if (once_in) script = skipping(std::move(script), key, *once_in);
    ScriptCall call = script_call(std::move(script), key, token.text());
    return seat ? publishing(std::move(call)) : call;
}

namespace {

class Acquisition {
  public:
    Acquisition(LockKey key, Acquire op) : key_{std::move(key)}, op_{std::move(op)} {}

    /// Only a request that would take the lock watches keys: otherwise waiters that refresh their entries would make
    /// each other's transactions fail for ever.
    Exchange look(bool watching) const {
        Request request;
        if (watching) request = watch({key_.key(), key_.void_mark(op_.token.text()), key_.fence(), key_.queue()});
        request.add({"EXISTS", key_.void_mark(op_.token.text())});
        request.add({"GET", key_.key()});
        request.add({"PTTL", key_.key()});
        request.add({"GET", key_.fence()});
        QueueHead::add(key_, request);
        return ask(std::move(request), [self = *this, watching](Replies&& replies) -> Step {
            return self.decide(std::span{replies}.subspan(watching ? watch_replies : 0), watching);
        });
    }

  private:
    /// `replies` are those of look() without what watch() adds.
    Step decide(std::span<const Reply> replies, bool watching) const {
        const auto otherwise = [&](Exchange next) -> Step {
            if (!watching) return next;
            return ask({"UNWATCH"}, [next = std::move(next)](Replies&&) -> Step { return next; });
        };
        if (replies[0].integer != 0) return watching ? Step{let_go(verdict("revoked"))} : Step{verdict("revoked")};
        const QueueHead head{replies.subspan(4)};
        if (!head.stale.empty()) return otherwise(drop(head.stale));
        if (is_attempt_before(replies[1].text, op_.token)) return watching ? Step{drop_key()} : Step{look(true)};
        const bool is_free = replies[1].type == Reply::Type::nil;
        const std::string entry = op_.waiting ? op_.waiting->entry : "";
        if (is_free && (head.first.empty() || head.first == entry))
            return watching ? Step{number_of(replies[3]) == 0 ? after_earlier(head) : take(head, number_of(replies[3]))}
                            : Step{look(true)};
        if (is_free && !head.first_lasts) return otherwise(look_for_first(head));
        const Reply answer = is_free ? reserved(head, *head.first_lasts)
                                     : list({text("held"), text(replies[1].text), integer(replies[2].integer)});
        if (op_.waiting) return otherwise(enter(head.now, answer));
        if (!watching) return out_of_line(head.now, answer);
        return ask({"UNWATCH"},
                   [self = *this, now = head.now, answer](Replies&&) -> Step { return self.out_of_line(now, answer); });
    }

    /// The answer to a run that is in no queue.
    Step out_of_line(milliseconds now, Reply answer) const {
        answer.items.push_back(integer(0));
        return with_members(key_, now, std::move(answer));
    }

    static Reply reserved(const QueueHead& head, milliseconds first_lasts) {
        return list({text("reserved"), text(head.first), integer(first_lasts.count())});
    }

    /// Asks whether the first entry lives or is forgotten, when what was read of `seen` does not tell.
    Exchange look_for_first(const QueueHead& head) const {
        return ask({"ZSCORE", key_.seen(), head.first}, [self = *this, head](Replies&& replies) -> Step {
            if (replies[0].type == Reply::Type::nil) return self.drop({head.first});
            const Reply answer = reserved(head, milliseconds{replies[0].number()} - head.now);
            if (self.op_.waiting) return self.enter(head.now, answer);
            return answer;
        });
    }

    /// Takes the lock with a fence number above the one that earlier versions kept, if our user may read that one.
    Exchange after_earlier(const QueueHead& head) const {
        return {{"GET", key_.earlier_fence()},
                [self = *this, head](Replies&& replies) -> Step { return self.take(head, number_of(replies[0])); }};
    }

    Exchange take(const QueueHead& head, int64_t last_fence) const {
        const Fence fence =
            std::max(next_fence(Fence{last_fence}, false),
                     next_fence(Fence{near(milliseconds{op_.proposal.number}, head.now).count() - 1}, false));
        return commit(
            [&](Request& request) {
                request.add({"SET", key_.key(), op_.record.value, "PX", argument(op_.ttl)});
                if (!head.first.empty()) leave(key_, head.first, request);
                set_fence(key_, fence.number, request);
            },
            [fence](const Reply&) -> Step {
                return list({text("granted"), text(""), integer(fence.number)});
            },
            [self = *this] { return self.look(true); });
    }

    Exchange drop_key() const {
        const auto look_again = [self = *this] { return self.look(!self.op_.waiting); };
        return commit(
            [&](Request& request) {
                request.add({"DEL", key_.key()});
            },
            [look_again](const Reply&) -> Step { return look_again(); }, look_again);
    }

    Exchange drop(const std::vector<std::string>& stale) const {
        Request request;
        for (const std::string& entry : stale) leave(key_, entry, request);
        return ask(std::move(request), [self = *this](Replies&&) -> Step { return self.look(false); });
    }

    /// Enters the queue and adds our position to `answer`. If our ticket is now the first, looks again at the lock.
    Exchange enter(milliseconds now, Reply answer) const {
        const Waiting& waiting = *op_.waiting;
        // `seen` comes before `queue`: another waiter may look in between, and would drop an entry that is not in
        // `seen`.
        Request request{"ZADD", key_.seen(), argument(now + waiting.lasts), waiting.entry};
        request.add({"ZADD", key_.queue(), "NX", argument(near(waiting.since, now - waiting.waited)), waiting.entry});
        request.add({"PEXPIRE", key_.queue(), argument(queue_lasts)});
        request.add({"PEXPIRE", key_.seen(), argument(queue_lasts)});
        request.add({"ZRANK", key_.queue(), waiting.entry});
        return ask(std::move(request), [self = *this, now, answer = std::move(answer)](Replies&& replies) -> Step {
            Reply positioned = answer;
            const bool in_line = replies[4].type == Reply::Type::integer;
            if (in_line && replies[4].integer == 0 && positioned.items.front().text == "reserved")
                return self.look(true);
            positioned.items.push_back(integer(in_line ? replies[4].integer + 1 : 0));
            return with_members(self.key_, now, std::move(positioned));
        });
    }

    LockKey key_;
    Acquire op_;
};

} // namespace

Exchange Acquire::transaction(const LockKey& key) const { return Acquisition{key, *this}.look(!waiting); }

} // namespace holdfast
