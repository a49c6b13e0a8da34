#include "lock/operations.hpp"
#include "lock/operations/common.hpp"
#include "lock/operations/marking.hpp"

namespace holdfast {

extern const std::string_view inspect_lua;
extern const std::string_view members_lua;

ScriptCall Inspect::script(const LockKey& key) const {
    Script script{{members_lua, inspect_lua}, {{"run", run}}, group_keys(key)};
    script.more_keys.push_back(done_key(key));
    return script_call(std::move(script), key, "");
}

namespace {

/// A transaction that changes nothing, so only what it says of the key has to be of one instant. It reads only the
/// first places of the queue, in two round trips, a third if a run waits, and two more if a group holds the lock.
class Look {
  public:
    Look(LockKey key, std::string run) : key_{std::move(key)}, run_{std::move(run)} {}

    Exchange places() const {
        Request request{"TIME"};
        request.add({"ZRANGE", key_.queue(), "0", argument(int64_t{places_shown} - 1), "WITHSCORES"});
        return ask(std::move(request), [self = *this](Replies&& replies) -> Step {
            Look next = self;
            next.now_ = time_of(replies[0]);
            for_each_score(replies[1], [&](const std::string& entry, int64_t ticket) {
                next.places_.emplace_back(entry, milliseconds{ticket});
            });
            return next.seen();
        });
    }

  private:
    /// Asks which entries live, about as many in one request as a socket takes at once.
    Exchange seen() const {
        if (asked_ == places_.size()) return key();
        Request request;
        size_t end = asked_;
        while (end < places_.size() && request.has_room()) request.add({"ZSCORE", key_.seen(), places_[end++].first});
        return ask(std::move(request), [self = *this, end](Replies&& replies) -> Step {
            Look next = self;
            for (; next.asked_ < end; ++next.asked_) {
                const auto& [entry, ticket] = self.places_[next.asked_];
                if (milliseconds{replies[next.asked_ - self.asked_].number()} <= self.now_) continue;
                next.queue_.items.push_back(text(entry));
                next.queue_.items.push_back(integer((self.now_ - ticket).count()));
            }
            return next.seen();
        });
    }

    Exchange key() const {
        const auto read = [this](Request& request) {
            request.add({"GET", key_.key()});
            request.add({"PTTL", key_.key()});
            request.add({"GET", key_.fence()});
            request.add({"ZCOUNT", key_.seen(), "(" + argument(now_), "+inf"});
            request.add({"GET", key_.done()});
            request.add({"PTTL", key_.done()});
        };
        const auto answer = [self = *this](const Reply& results) -> Step {
            const std::vector<Reply>& all = results.items;
            const bool free = all[0].type == Reply::Type::nil || all[1].integer == -2;
            return with_members(self.key_, self.now_,
                                list({text(free ? "free" : "held"), text(all[0].text), integer(all[1].integer),
                                      integer(0), integer(all[2].number()), self.queue_, integer(all[3].integer),
                                      list({text(all[4].text), integer(all[5].integer)})}),
                                self.run_);
        };
        return commit(read, answer, [self = *this] { return self.key(); });
    }

    LockKey key_;
    std::string run_;
    milliseconds now_{};
    std::vector<std::pair<std::string, milliseconds>> places_; ///< entry, ticket
    size_t asked_ = 0;                                         ///< how many of `places_` have been asked for
    Reply queue_ = list({});
};

} // namespace

Exchange Inspect::transaction(const LockKey& key) const { return Look{key, run}.places(); }

} // namespace holdfast
