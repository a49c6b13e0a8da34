#include "lock/look.hpp"
#include "lock/operations.hpp"
#include "lock/optimistic.hpp"
#include "lock/results.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace holdfast {
namespace {

/// Who waits, as far as the first of them matters: read with three commands.
struct Line {
    milliseconds now;
    std::string first;                       ///< empty: nobody
    std::vector<std::string> stale;          ///< entries to drop, which nobody refreshes any more
    std::optional<milliseconds> first_lasts; ///< how long the first one's entry lives; unknown behind many older ones

    static constexpr size_t shown = 16;

    static void add(const LockKey& key, Request& request) {
        const std::string last = std::to_string(shown - 1);
        request.add({"TIME"});
        request.add({"ZRANGE", key.queue(), "0", last});
        request.add({"ZRANGE", key.seen(), "0", last, "WITHSCORES"});
    }

    /// As in a script, those in front of the first who is alive are stale, and nobody else.
    explicit Line(std::span<const Reply> replies) : now{time_of(replies[0])} {
        std::map<std::string, milliseconds> until; // of those who go first
        for_each_score(replies[2],
                       [&](const std::string& entry, int64_t score) { until[entry] = milliseconds{score}; });
        const auto alive = [&](const auto& seen) { return seen.second > now; };
        for (const Reply& entry : replies[1].items) {
            const auto seen = until.find(entry.text);
            // Who is not among them goes later, or has been forgotten.
            if (seen != until.end() ? alive(*seen) : until.size() == shown) {
                first = entry.text;
                break;
            }
            stale.push_back(entry.text);
        }
        if (first.empty()) return;
        if (const auto seen = until.find(first); seen != until.end()) first_lasts = seen->second - now;
        // They hide whether it is alive.
        else if (std::ranges::none_of(until, alive))
            for (const auto& [entry, when] : until) stale.push_back(entry);
    }

    /// A hint for the first in line.
    Request hint(const LockKey& key) const {
        Request request;
        if (!first.empty()) request.add({"PUBLISH", key.turn_channel(first.substr(0, first.find(' '))), ""});
        return request;
    }
};

milliseconds near(milliseconds value, milliseconds now) {
    return std::clamp(value, now - clock_tolerance, now + clock_tolerance);
}

void leave(const LockKey& key, std::string_view entry, Request& request) {
    request.add({"ZREM", key.queue(), entry});
    request.add({"ZREM", key.seen(), entry});
}

void set_fence(const LockKey& key, int64_t fence, Request& request) {
    request.add({"SET", key.fence(), argument(fence), "PX", argument(fence_lasts)});
}

/// The fence number that a node has; one beyond all sense stays beyond it.
int64_t number_of(const Reply& fence) {
    double value = 0;
    std::from_chars(fence.text.data(), fence.text.data() + fence.text.size(), value);
    return value > static_cast<double>(largest_fence.number) ? largest_fence.number : fence.number();
}

/// The value that an attempt of the same run before `token` has set.
bool is_attempt_before(std::string_view value, const Token& token) {
    value = value.substr(0, value.find(' '));
    const size_t point = value.find('.');
    if (point == std::string_view::npos || value.substr(0, point) != token.run) return false;
    unsigned attempt = 0;
    std::from_chars(value.data() + point + 1, value.data() + value.size(), attempt);
    return attempt < token.attempt;
}

// ---- acquire

class Acquisition {
  public:
    Acquisition(LockKey key, Acquire op) : key_{std::move(key)}, op_{std::move(op)} {}

    /// Only a request that would take the lock watches it: waiters that refresh their entries must not make each other
    /// fail for ever.
    Exchange look(bool watching) const {
        Request request;
        if (watching) request = watch({key_.key(), key_.void_mark(op_.token.text()), key_.fence(), key_.queue()});
        request.add({"EXISTS", key_.void_mark(op_.token.text())});
        request.add({"GET", key_.key()});
        request.add({"PTTL", key_.key()});
        request.add({"GET", key_.fence()});
        Line::add(key_, request);
        return ask(std::move(request), [self = *this, watching](Replies&& replies) -> Step {
            return self.decide(std::span{replies}.subspan(watching ? watch_replies : 0), watching);
        });
    }

  private:
    Step decide(std::span<const Reply> replies, bool watching) const {
        const auto otherwise = [&](Exchange next) -> Step {
            if (!watching) return next;
            return ask({"UNWATCH"}, [next = std::move(next)](Replies&&) -> Step { return next; });
        };
        if (replies[0].integer != 0) return watching ? Step{let_go(verdict("revoked"))} : Step{verdict("revoked")};
        const Line line{replies.subspan(4)};
        if (!line.stale.empty()) return otherwise(drop(line.stale));
        if (is_attempt_before(replies[1].text, op_.token)) return watching ? Step{drop_key()} : Step{look(true)};
        const bool is_free = replies[1].type == Reply::Type::nil;
        const std::string entry = op_.waiting ? op_.waiting->entry : "";
        if (is_free && (line.first.empty() || line.first == entry))
            return watching ? Step{number_of(replies[3]) == 0 ? after_earlier(line) : take(line, number_of(replies[3]))}
                            : Step{look(true)};
        if (is_free && !line.first_lasts) return otherwise(look_for_first(line));
        const Reply answer = is_free ? reserved(line, *line.first_lasts)
                                     : list({text("held"), text(replies[1].text), integer(replies[2].integer)});
        if (op_.waiting) return otherwise(enter(line.now, answer));
        return watching ? Step{let_go(answer)} : Step{answer};
    }

    static Reply reserved(const Line& line, milliseconds first_lasts) {
        return list({text("reserved"), text(line.first), integer(first_lasts.count())});
    }

    /// Whether it is alive or forgotten, when many older ones hide that.
    Exchange look_for_first(const Line& line) const {
        return ask({"ZSCORE", key_.seen(), line.first}, [self = *this, line](Replies&& replies) -> Step {
            if (replies[0].type == Reply::Type::nil) return self.drop({line.first});
            const Reply answer = reserved(line, milliseconds{replies[0].number()} - line.now);
            if (self.op_.waiting) return self.enter(line.now, answer);
            return answer;
        });
    }

    /// Takes it with a number above that which earlier versions kept, as far as we may read it.
    Exchange after_earlier(const Line& line) const {
        return {{"GET", key_.earlier_fence()},
                [self = *this, line](Replies&& replies) -> Step { return self.take(line, number_of(replies[0])); }};
    }

    Exchange take(const Line& line, int64_t last_fence) const {
        const int64_t fence = std::max(last_fence + 1, near(milliseconds{op_.proposal.number}, line.now).count());
        return commit(
            [&](Request& request) {
                request.add({"SET", key_.key(), op_.record.value, "PX", argument(op_.ttl)});
                if (!line.first.empty()) leave(key_, line.first, request);
                set_fence(key_, fence, request);
            },
            [fence](const Reply&) -> Step {
                return list({text("granted"), text(""), integer(fence)});
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

    /// `answer` lacks our position still; who is first by its ticket looks again.
    Exchange enter(milliseconds now, Reply answer) const {
        const Waiting& waiting = *op_.waiting;
        // In this order, for others look in between.
        Request request{"ZADD", key_.seen(), argument(now + waiting.lasts), waiting.entry};
        request.add({"ZADD", key_.queue(), "NX", argument(near(waiting.since, now - waiting.waited)), waiting.entry});
        request.add({"PEXPIRE", key_.queue(), argument(queue_lasts)});
        request.add({"PEXPIRE", key_.seen(), argument(queue_lasts)});
        request.add({"ZRANK", key_.queue(), waiting.entry});
        return ask(std::move(request), [self = *this, answer = std::move(answer)](Replies&& replies) -> Step {
            Reply positioned = answer;
            const bool in_line = replies[4].type == Reply::Type::integer;
            if (in_line && replies[4].integer == 0 && positioned.items.front().text == "reserved")
                return self.look(true);
            positioned.items.push_back(integer(in_line ? replies[4].integer + 1 : 0));
            return positioned;
        });
    }

    LockKey key_;
    Acquire op_;
};

// ---- release, withdraw, revoke

struct Removal {
    bool remove;
    std::string verdict;
    Request hints; ///< what is told when it is done
};

/// A mark must not be part of the transaction: a full server refuses it, and the rest has to be done all the same.
Request void_mark(const LockKey& key, std::string_view token, milliseconds lasts, std::string_view words = "") {
    Request request;
    if (lasts > milliseconds{0}) request.add({"SET", key.void_mark(token), words, "PX", argument(lasts)});
    return request;
}

/// Sends `before`, which may fail, and deletes the key if `judge` says so of its value.
Exchange remove(const LockKey& key, const Request& before,
                std::function<Removal(const Reply& value, const Line& line)> judge) {
    Request request = before;
    request.append(watch({key.key()}));
    request.add({"GET", key.key()});
    Line::add(key, request);
    auto again = [key, before, judge] { return remove(key, before, judge); };
    return {std::move(request),
            [key, skip = before.commands(), judge = std::move(judge), again](Replies&& replies) -> Step {
                const std::span<const Reply> asked = std::span{replies}.subspan(skip);
                const auto error = std::ranges::find(asked, Reply::Type::error, &Reply::type);
                if (error != asked.end()) return *error;
                const std::span<const Reply> looked = asked.subspan(watch_replies);
                const Removal removal = judge(looked[0], Line{looked.subspan(1)});
                if (!removal.remove) return let_go(verdict(removal.verdict), removal.hints);
                return commit(
                    [&](Request& commands) {
                        commands.add({"DEL", key.key()});
                    },
                    [removal](const Reply&) -> Step { return verdict(removal.verdict); }, again, removal.hints);
            }};
}

// ---- the others

struct ToTransaction {
    const LockKey& key;

    Exchange operator()(const Acquire& op) const { return Acquisition{key, op}.look(!op.waiting); }

    Exchange operator()(const Raise& op) const {
        Request request = watch({key.key(), key.fence()});
        request.add({"GET", key.key()});
        request.add({"GET", key.fence()});
        return ask(std::move(request), [key = key, op](Replies&& replies) -> Step {
            if (replies[watch_replies].text != op.record.value) return let_go(verdict("not_ours"));
            const int64_t last = replies[watch_replies + 1].number();
            if (last >= op.to.number) return let_go(list({text("refused"), text(""), integer(last)}));
            return commit([&](Request& commands) { set_fence(key, op.to.number, commands); },
                          [op](const Reply&) -> Step {
                              return list({text("raised"), text(""), integer(op.to.number)});
                          },
                          [key, op] { return transaction(key, op); });
        });
    }

    Exchange operator()(const Extend& op) const {
        const std::string mark = key.void_mark(op.token.text());
        Request request = watch({key.key(), mark});
        request.add({"GET", mark});
        request.add({"GET", key.key()});
        return ask(std::move(request), [key = key, op](Replies&& replies) -> Step {
            if (const Reply& words = replies[watch_replies]; words.type != Reply::Type::nil)
                return let_go(list({text("revoked"), text(words.text)}));
            if (replies[watch_replies + 1].type == Reply::Type::nil) return let_go(verdict("missing"));
            if (replies[watch_replies + 1].text != op.record.value) return let_go(verdict("taken"));
            return commit(
                [&](Request& commands) {
                    commands.add({"PEXPIRE", key.key(), argument(op.ttl)});
                    commands.add({"PEXPIRE", key.fence(), argument(fence_lasts)});
                },
                // The key may have expired between its WATCH and the EXEC.
                [](const Reply& results) -> Step {
                    return verdict(results.items[0].integer == 1 ? "yours" : "missing");
                },
                [key, op] { return transaction(key, op); });
        });
    }

    Exchange operator()(const Restore& op) const {
        const std::string mark = key.void_mark(op.token.text());
        Request request = watch({key.key(), mark, key.fence()});
        request.add({"GET", mark});
        request.add({"GET", key.key()});
        request.add({"GET", key.fence()});
        return ask(std::move(request), [key = key, op](Replies&& replies) -> Step {
            if (const Reply& words = replies[watch_replies]; words.type != Reply::Type::nil)
                return let_go(list({text("revoked"), text(words.text)}));
            if (replies[watch_replies + 1].type != Reply::Type::nil &&
                replies[watch_replies + 1].text != op.record.value)
                return let_go(verdict("taken"));
            return commit(
                [&](Request& commands) {
                    commands.add({"SET", key.key(), op.record.value, "PX", argument(op.ttl)});
                    set_fence(key, std::max(replies[watch_replies + 2].number(), op.fence.number), commands);
                },
                [](const Reply&) -> Step { return verdict("yours"); }, [key, op] { return transaction(key, op); });
        });
    }

    Exchange operator()(const Release& op) const {
        Request before = void_mark(key, op.token.text(), op.void_too ? void_lasts : milliseconds{0});
        if (!op.entry.empty()) leave(key, op.entry, before);
        return remove(key, before, [key = key, op](const Reply& value, const Line& line) -> Removal {
            if (!is_attempt_before(value.text, {op.token.run, op.token.attempt + 1})) return {false, "not_ours", {}};
            return {true, "released", line.hint(key)};
        });
    }

    Exchange operator()(const Withdraw& op) const {
        Request before = void_mark(key, op.token.text(), op.void_too ? void_lasts : milliseconds{0});
        leave(key, op.entry, before);
        return remove(key, before, [key = key, op](const Reply& value, const Line& line) -> Removal {
            const bool ours = value.text.starts_with(op.token.run + ".");
            const bool free = ours || value.type == Reply::Type::nil;
            return {ours, "done", free ? line.hint(key) : Request{}};
        });
    }

    Exchange operator()(const Revoke& op) const {
        return remove(key, void_mark(key, op.record.token(), op.void_lasts(), op.words),
                      [key = key, op](const Reply& value, const Line& line) -> Removal {
                          const bool theirs = value.text == op.record.value;
                          if (!theirs && value.type != Reply::Type::nil) return {false, "changed", {}};
                          Request hints{"PUBLISH", key.revoked_channel(), op.message()};
                          hints.append(line.hint(key));
                          return {theirs, theirs ? "revoked" : "free", std::move(hints)};
                      });
    }

    Exchange operator()(const Inspect&) const { return look(key); }
};

} // namespace

Exchange transaction(const LockKey& key, const Operation& operation) {
    return std::visit(ToTransaction{key}, operation);
}

} // namespace holdfast
