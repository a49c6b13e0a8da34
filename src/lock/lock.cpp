#include "lock/lock.hpp"

#include "base/duration.hpp"
#include "base/random.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast {
namespace {

constexpr milliseconds release_budget{1000};

std::string text_of(const std::optional<Ballot::Vote>& vote, nanoseconds took) {
    if (!vote) return "no answer yet";
    if (!*vote) return (*vote).error().text;
    switch ((*vote)->word) {
    case Word::granted: return fmt::format("granted in {}", format_latency(took));
    case Word::held: return fmt::format("held by {}", describe(Record::parse((*vote)->value)));
    case Word::not_a_lock: return "the key there is not a lock";
    case Word::revoked: return "our token is void there: taken away, or given up";
    case Word::yours: return "still ours";
    case Word::missing: return "the key is gone";
    case Word::taken: return "held by another";
    default: return "its answer makes no sense here";
    }
}

std::vector<NodeReport> reports(const NodeSet& nodes, const Ballot& ballot, const Answers& answers) {
    std::vector<NodeReport> out;
    for (size_t i = 0; i < nodes.size(); ++i)
        out.push_back({nodes.node(i).display(), text_of(ballot[i], answers[i] ? answers[i]->took : nanoseconds{})});
    return out;
}

/// Reads into the ballot what has come since the last call.
void count(Ballot& ballot, const Answers& answers, const std::function<void(size_t)>& added) {
    for (size_t i = 0; i < answers.size(); ++i) {
        if (!answers[i] || ballot.has(i)) continue;
        ballot.add(i, said(*answers[i]));
        added(i);
    }
}

} // namespace

Lock::Lock(NodeSet nodes, LockKey key, Timing timing, Holder self)
    : nodes_{std::move(nodes)}, key_{std::move(key)}, timing_{timing}, self_{std::move(self)}, token_{random_id(), 0},
      granted_(nodes_.size(), not_granted), unanswered_on_(nodes_.size()), answered_(nodes_.size()) {}

Attempt Lock::try_once(int interrupt, BootTime until) {
    ++token_.attempt;
    self_.since = wall_time_since_epoch();
    record_ = Record::make(token_, self_);
    granted_.assign(nodes_.size(), not_granted);

    Ballot ballot{nodes_.size()};
    const auto enough = [&](const Answers& answers) {
        count(ballot, answers, [&](size_t i) {
            const auto& vote = *ballot[i];
            if (vote && vote->word == Word::granted) granted_[i] = granted_until(*answers[i]->sent_at, timing_);
        });
        return ballot.decided();
    };
    // Opening a connection may take its own second; a round that is over its deadline has failed,
    // whatever was answered (design-review 2).
    const BootTime deadline =
        std::min(until, BootClock::now() + std::max(timing_.node_timeout, milliseconds{1000}) + timing_.node_timeout);
    const auto request_for = [&](size_t i) {
        unanswered_on_[i] = nodes_.connection_number(i);
        return acquire_request(key_, token_, record_, timing_.ttl);
    };
    const Answers answers = nodes_.ask(request_for, {.enough = enough, .deadline = deadline, .interrupt = interrupt});
    enough(answers);

    for (size_t i = 0; i < nodes_.size(); ++i) {
        answered_[i] = answers[i] && answers[i]->replies;
        // Answered, or never sent: nothing can come late.
        if (answered_[i] || (answers[i] && !answers[i]->sent_at)) unanswered_on_[i].reset();
    }
    Attempt attempt{
        .outcome = ballot.outcome(), .answered = ballot.answered(), .nodes = reports(nodes_, ballot, answers)};
    if (attempt.outcome == Outcome::won && BootClock::now() <= deadline && worth_starting()) return attempt;
    if (attempt.outcome == Outcome::won) attempt.outcome = Outcome::too_few;
    if (attempt.outcome == Outcome::held) {
        attempt.holder = Record::parse(ballot.other_holder());
        attempt.expires_in = ballot.other_expires_in();
    }
    undo(answers);
    return attempt;
}

void Lock::undo(const Answers& acquire_answers) {
    granted_.assign(nodes_.size(), not_granted);
    std::vector<bool> asked(nodes_.size());
    std::vector<bool> awaited(nodes_.size());
    for (size_t i = 0; i < nodes_.size(); ++i) {
        const auto& answer = acquire_answers[i];
        const auto vote = answer ? std::optional{said(*answer)} : std::nullopt;
        awaited[i] = vote && *vote && (*vote)->word == Word::granted;
        asked[i] = awaited[i] || unanswered_on_[i];
    }
    release_on(asked, awaited);
}

bool Lock::may_come_late(size_t node) const {
    return unanswered_on_[node] && *unanswered_on_[node] != nodes_.connection_number(node);
}

Answers Lock::release_on(const std::vector<bool>& asked, const std::vector<bool>& awaited) {
    std::vector<bool> waited_for = awaited;
    const auto request_for = [&](size_t i) -> std::optional<Request> {
        if (!asked[i]) return {};
        // Whoever answered the acquire late, after the quorum, will answer this as well.
        if (nodes_.caught_up(i)) waited_for[i] = true;
        return release_request(key_, token_, record_, may_come_late(i));
    };
    const auto enough = [&](const Answers& answers) {
        for (size_t i = 0; i < nodes_.size(); ++i)
            if (asked[i] && (waited_for[i] ? !answers[i].has_value() : !nodes_.written(i))) return false;
        return true;
    };
    return nodes_.ask(request_for, {.enough = enough, .deadline = BootClock::now() + timing_.node_timeout});
}

Renewal Lock::extend(const std::function<void()>& moved, int interrupt) {
    const size_t n = nodes_.size();
    const size_t q = quorum(n);
    size_t yes = 0;
    size_t no = 0;
    bool revoked = false;
    Ballot ballot{n};
    const auto enough = [&](const Answers& answers) {
        count(ballot, answers, [&](size_t i) {
            const auto& vote = *ballot[i];
            if (!vote) return;
            answered_[i] = true;
            if (vote->word == Word::yours) {
                ++yes;
                granted_[i] = granted_until(*answers[i]->sent_at, timing_);
            } else {
                ++no;
                revoked = revoked || vote->word == Word::revoked;
                granted_[i] = not_granted;
            }
            moved();
        });
        return revoked || no > n - q;
    };
    // A little later than the nodes' own time for an answer, whose end says more; but no waiting for a connection.
    const BootTime deadline = BootClock::now() + timing_.node_timeout + timing_.node_timeout / 10;
    const Answers answers = nodes_.ask_all(extend_request(key_, token_, record_, timing_.ttl),
                                           {.enough = enough, .deadline = deadline, .interrupt = interrupt});
    enough(answers);
    reports_ = reports(nodes_, ballot, answers);
    if (revoked || no > n - q) return Renewal::lost;
    return yes >= q ? Renewal::held : Renewal::shaky;
}

bool Lock::release() {
    const size_t n = nodes_.size();
    const BootTime deadline = BootClock::now() + release_budget;
    std::vector<bool> unconfirmed(n, true);
    std::vector<bool> awaited = answered_;
    for (int tries = 0; tries < 2 && BootClock::now() < deadline; ++tries) {
        const Answers answers = release_on(unconfirmed, awaited);
        bool again = false;
        for (size_t i = 0; i < n; ++i) {
            const auto vote = answers[i] ? std::optional{said(*answers[i])} : std::nullopt;
            if (vote && *vote) unconfirmed[i] = false;
            // A connection that broke is worth a second try; whoever lets a node timeout pass is not.
            const bool broke = vote && !*vote && vote->error().kind != NodeFailure::Kind::timeout;
            awaited[i] = unconfirmed[i] && awaited[i] && broke;
            again = again || awaited[i];
        }
        if (!again) break;
    }
    granted_.assign(n, not_granted);
    return static_cast<size_t>(std::ranges::count(unconfirmed, false)) >= quorum(n);
}

} // namespace holdfast
