// Extends a lock, and puts the lock back on nodes that have forgotten it.
#include "base/escape.hpp"
#include "lock/lock.hpp"

namespace holdfast {

bool Lock::told_of_revocation(const std::vector<Message>& messages) {
    const std::string ours = token_.text() + " ";
    bool told = false;
    for (const Message& message : messages) {
        if (message.channel != key_.revoked_channel()) continue;
        // An earlier version of holdfast takes away a whole group, and names the group in place of our token.
        if (seat() && message.text.starts_with(seat()->group())) told = true;
        if (!message.text.starts_with(ours)) continue;
        taken_away_ = printable(message.text.substr(ours.size()), 500);
        told = true;
    }
    return told;
}

bool Lock::is_revoked(const Ballot::Vote& vote) {
    if (!vote || vote->verdict != Verdict::revoked) return false;
    // A node has no words for a token that we gave up ourselves: the lock was not taken away then.
    if (!vote->value.empty() && !taken_away_) taken_away_ = printable(vote->value, 500);
    return true;
}

Renewal Lock::extend(const std::function<void()>& moved, int interrupt, Await await) {
    std::vector<bool> missing(nodes_.size());
    const Renewal renewal = extend(await, missing, moved, interrupt, false);
    return renewal == Renewal::held ? restore(missing, moved, interrupt) : renewal;
}

Renewal Lock::confirm() {
    std::vector<bool> missing(nodes_.size());
    const auto moved = [] {};
    return extend(Await::none, missing, moved, -1, true);
}

Renewal Lock::extend(Await await, std::vector<bool>& missing, const std::function<void()>& moved, int interrupt,
                     bool confirmed) {
    const size_t n = nodes_.size();
    std::vector<bool> awaited(n, await == Await::all);
    size_t yes = 0;
    bool revoked = false;
    Ballot ballot{n};
    const auto is_lost = [&] { return revoked || !lease_.possible(BootClock::now()); };
    const auto enough = [&](const Answers& answers) {
        ballot.count(answers, [&](size_t i) {
            const auto& vote = *ballot[i];
            // A node that runs no scripts any more keeps a member until the member's TTL ends, so the grant of that
            // node stands.
            if (!vote || vote->verdict == Verdict::no_scripts) return;
            answered_[i] = true;
            if (vote->verdict == Verdict::yours && same_server_before(i)) {
                lease_.take_back(i);
            } else if (vote->verdict == Verdict::yours) {
                ++yes;
                granted(i, *answers[i]);
            } else {
                missing[i] = vote->verdict == Verdict::missing;
                revoked = is_revoked(vote) || revoked;
                lease_.take_back(i);
            }
            moved();
        });
        for (size_t i = 0; i < n; ++i)
            if (awaited[i] && !answers[i]) return is_lost();
        return is_lost() || yes >= quorum(n);
    };
    const LockOperation extend{key_, Extend{token_, record_, timing().ttl, seat(), entry_.value}};
    // The round ends a little after the timeout of each request, because that timeout's text says more. The round
    // leaves no time to open a connection.
    const BootTime deadline = BootClock::now() + timing().node_timeout + timing().node_timeout / 10;
    const auto exchange_for = [&](size_t i) {
        awaited[i] = awaited[i] || (await == Await::caught_up && nodes_[i].caught_up());
        // A node that we never reached was never asked for the lock, so the node cannot hold it.
        if (!nodes_[i].reached() && unanswered_on_[i] != of_another_process) lease_.take_back(i);
        return extend.on(modes_[i]);
    };
    const Answers answers = nodes_.ask(exchange_for, {.enough = enough,
                                                      .deadline = deadline,
                                                      .interrupt = interrupt,
                                                      .to_confirm = NodeSet::every_answer,
                                                      .majority = !confirmed});
    enough(answers);
    reports_ = reports(ballot, answers, false);
    if (is_lost()) return Renewal::lost;
    return yes < quorum(n) ? Renewal::shaky : Renewal::held;
}

Renewal Lock::restore(const std::vector<bool>& missing, const std::function<void()>& moved, int interrupt) {
    bool revoked = false;
    Ballot ballot{nodes_.size()};
    const auto enough = [&](const Answers& answers) {
        ballot.count(answers, [&](size_t i) {
            const auto& vote = *ballot[i];
            // An answered restore cannot come late, but a request that was sent on an earlier connection can.
            if (answers[i]->replies && !may_come_late(i)) unanswered_on_[i].reset();
            if (vote && vote->verdict == Verdict::yours && !same_server_before(i)) granted(i, *answers[i]);
            revoked = is_revoked(vote) || revoked;
            moved();
        });
        return revoked;
    };
    const auto exchange_for = [&](size_t i) -> std::optional<Exchange> {
        if (!missing[i]) return {};
        if (!may_come_late(i)) unanswered_on_[i] = nodes_[i].number();
        lease_.asked(i);
        return exchange(key_, Restore{token_, record_, timing().ttl, fence_, seat(), entry_.value}, modes_[i]);
    };
    enough(nodes_.ask(exchange_for, {.enough = enough,
                                     .deadline = BootClock::now() + timing().node_timeout,
                                     .interrupt = interrupt,
                                     .to_confirm = NodeSet::every_answer,
                                     .majority = true}));
    return revoked ? Renewal::lost : Renewal::held;
}

} // namespace holdfast
