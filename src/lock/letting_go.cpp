// Lets go of a lock, and of the grants of an attempt that failed.
#include "lock/lock.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace holdfast {
namespace {

/// The time for one try to let go on all nodes, and the time for all tries.
constexpr milliseconds longest_try{1100};
constexpr milliseconds release_budget{2000};
/// How long to wait at most for a planned failover: its Sentinels announce its begin and its end within this time.
constexpr milliseconds longest_failover{2000};
/// The pause between two tries if a node refuses, as a node may do for a while.
constexpr milliseconds refused_pause{50};

} // namespace

bool Lock::may_come_late(size_t node) const {
    return unanswered_on_[node] && *unanswered_on_[node] != nodes_[node].number();
}

template <typename OperationFor>
Answers Lock::tell(const std::vector<bool>& asked, const std::vector<bool>& awaited, milliseconds others_get,
                   size_t at_least, OperationFor operation_for, bool digests,
                   const std::function<void(const Answers&)>& last_call) {
    std::vector<bool> waited_for = awaited;
    // The second is for nodes to which an earlier request may come late.
    const std::array operations{LockOperation{key_, operation_for(false)}, LockOperation{key_, operation_for(true)}};
    const BootTime others_until = BootClock::now() + others_get;
    // A little later than each node's own timeout, so that a connection without an answer is closed by then.
    const milliseconds longest = std::min(timing().node_timeout + timing().node_timeout / 10, longest_try);
    const BootTime deadline = BootClock::now() + longest;
    BootTime called_at = last_call ? deadline - longest / 4 : BootTime::max();
    const auto exchange_for = [&](size_t i) -> std::optional<Exchange> {
        if (!asked[i]) return {};
        // A node that answered the acquire late, after the quorum, will answer this request too, so wait for that.
        const bool caught_up = nodes_[i].caught_up();
        if (caught_up) waited_for[i] = true;
        return operations[may_come_late(i) ? 1 : 0].on(modes_[i], digests && caught_up);
    };
    const auto enough = [&](const Answers& answers) {
        const BootTime now = BootClock::now();
        if (now >= called_at) {
            called_at = BootTime::max();
            last_call(answers);
        }
        const bool others = now < others_until;
        for (size_t i = 0; i < nodes_.size(); ++i) {
            // A node that none of our requests ever reached has nothing to take back, so do not wait for it.
            const bool concerned = asked[i] && nodes_[i].reached();
            if (concerned && (waited_for[i] || others ? !answers[i].has_value() : !nodes_[i].written())) return false;
        }
        const auto has_answered = [](const std::optional<Answer>& answer) { return answer.has_value(); };
        return static_cast<size_t>(std::ranges::count_if(answers, has_answered)) >= at_least;
    };
    const BootTime again = last_call ? called_at : others_until;
    return nodes_.ask(exchange_for, {.enough = enough, .deadline = deadline, .again = again});
}

void Lock::undo(const Answers& acquire_answers) {
    lease_ = Lease{nodes_.size()};
    std::vector<bool> asked(nodes_.size());
    std::vector<bool> awaited(nodes_.size());
    for (size_t i = 0; i < nodes_.size(); ++i) {
        awaited[i] =
            acquire_answers[i] && (has_granted(*acquire_answers[i]) || is_own(node_reply(*acquire_answers[i])));
        asked[i] = awaited[i] || unanswered_on_[i];
    }
    // Wait a moment: a server that cannot write its answer to the acquire, because this process has ended, does not
    // read the release that follows; and a transaction does not get past its first step if we wait for no answers.
    const milliseconds others_get = timing().node_timeout / 10;
    // The release names no entry, so our place in the queue is kept.
    tell(asked, awaited, others_get, 0, [&](bool late) -> Operation { return Release{token_, "", late, seat()}; });
}

void Lock::withdraw() {
    const std::vector<bool> all(nodes_.size(), true);
    tell(all, answered_, milliseconds{0}, quorum(all.size()), [&](bool late) -> Operation {
        return Withdraw{token_, entry_.value, late, seat()};
    });
    lease_ = Lease{nodes_.size()};
}

/// The notes of the end of a hold, for the history. The end is added to a node's sums once: not where force-release
/// took the hold away, because that has counted the end, and not again by a note that follows another.
class Lock::EndNotes {
  public:
    /// `kept`: the rest of min_hold.
    EndNotes(Lock& lock, milliseconds kept)
        : lock_{lock}, told_(lock.nodes_.size()), assumed_(told_), verdicts_(told_.size()) {
        if (!lock.end_ || !lock.terms_.history) return;
        entry_ = EndEntry{*lock.end_, lock.fence_, lock.held()};
        entry_->end.kept = kept;
    }

    /// The node has answered with that verdict.
    void answered(size_t node, Verdict verdict) { verdicts_[node] = verdict; }
    /// The node is asked again, so it is told again as well.
    void asked_again(size_t node) { told_[node] = false; }
    /// Tells the node, if it has not been told and a connection to it is open.
    void tell(size_t node) {
        if (!entry_ || told_[node]) return;
        const bool counted = counts(node);
        std::optional<Request>& note = counted ? counted_ : uncounted_;
        if (!note) {
            EndEntry entry = *entry_;
            if (!counted) entry.end.kept = milliseconds{0}; // a hold that was taken away is not kept
            note = end_note(lock_.key_, lock_.token_.text(), entry, *lock_.terms_.history, counted);
        }
        told_[node] = lock_.nodes_.note(node, *note);
        assumed_[node] = assumed_[node] || (told_[node] && !verdicts_[node]);
    }

  private:
    bool counts(size_t node) const {
        if (!verdicts_[node]) return !assumed_[node] && entry_->end.how != How::taken_away;
        if (verdicts_[node] == Verdict::revoked) return false;
        // A script that has released the lock only now proves that the request of a try before, and with it the note
        // behind that request, did not arrive.
        const bool proves = verdicts_[node] == Verdict::released && lock_.modes_[node] != Mode::transactions;
        return proves || !assumed_[node];
    }

    Lock& lock_;
    std::optional<EndEntry> entry_; ///< nothing: there is nothing to tell
    std::optional<Request> counted_;
    std::optional<Request> uncounted_;
    std::vector<bool> told_;    ///< by node, as the next ones: in the last try
    std::vector<bool> assumed_; ///< a note that counts went out before an answer came
    std::vector<std::optional<Verdict>> verdicts_;
};

/// Which nodes have confirmed after some tries to let go, and which are worth another try.
class Lock::LettingGo {
  public:
    LettingGo(const Lock& lock, Await await, EndNotes& notes)
        : awaited_{lock.answered_}, open_(awaited_.size(), true), notes_{notes} {
        for (size_t i = 0; i < open_.size(); ++i) {
            awaited_[i] = awaited_[i] && (await == Await::all || lock.nodes_[i].caught_up());
            reports_.push_back({lock.nodes_.node(i).display(), ""});
        }
    }

    /// Nodes that have not answered yet; of these, awaited() are the nodes that are waited for.
    const std::vector<bool>& open() const { return open_; }
    const std::vector<bool>& awaited() const { return awaited_; }
    size_t marked() const { return marked_; }
    size_t missing() const { return quorum(open_.size()) - std::min(confirmed_, quorum(open_.size())); }
    std::vector<NodeReport>& reports() { return reports_; }

    void take(const Answers& answers, const std::function<bool(Verdict)>& confirms) {
        std::vector<std::optional<NodeFailure>> failures(open_.size());
        for (size_t i = 0; i < open_.size(); ++i) {
            if (!open_[i]) continue;
            const auto vote = node_reply(answers[i]);
            open_[i] = !vote;
            if (!vote) failures[i] = vote.error();
            else if (confirms(vote->verdict)) ++confirmed_;
            if (vote) notes_.answered(i, vote->verdict);
            reports_[i].text = !vote                                  ? vote.error().text
                               : vote->verdict == Verdict::no_scripts ? words_of(vote)
                               : confirms(vote->verdict)              ? "confirmed"
                                                                      : "not ours any more";
            if (!vote || !vote->marked) continue;
            ++marked_;
            reports_[i].text += ", success marked";
        }
        refused_ = false;
        for (size_t i = 0; i < open_.size(); ++i) {
            awaited_[i] = failures[i] && awaited_[i] && worth_another(i, failures[i]->kind);
            if (awaited_[i]) notes_.asked_again(i);
        }
    }
    bool again() const { return std::ranges::count(awaited_, true) > 0; }
    /// Whether, in the last try, an awaited node answered without a vote (NodeFailure::Kind::no_vote), so that only
    /// time can help.
    bool refused() const { return refused_; }

  private:
    bool worth_another(size_t i, NodeFailure::Kind kind) {
        using enum NodeFailure::Kind;
        // A connection that broke, or that some box on the way has forgotten, is opened again: once.
        if (kind == unreachable || kind == timeout) {
            const bool first = !reconnected_[i];
            reconnected_[i] = true;
            return first && (kind == unreachable || missing() > 0);
        }
        refused_ = refused_ || kind == no_vote;
        return kind == no_vote && missing() > 0;
    }

    std::vector<bool> awaited_;
    std::vector<bool> open_;
    std::vector<bool> reconnected_ = std::vector<bool>(open_.size());
    EndNotes& notes_;
    size_t confirmed_ = 0;
    size_t marked_ = 0;
    bool refused_ = false;
    std::vector<NodeReport> reports_;
};

bool Lock::lets_go_by_digest() const {
    // A node that stalls now, and has forgotten its scripts since it granted the lock, keeps the key until its TTL
    // ends; the others are a quorum without it. Not with replicas, because then the error for an unknown digest waits
    // for their confirmation.
    return nodes_.node(0).replicas.value_or(0) == 0;
}

template <typename OperationFor>
bool Lock::let_go(Await await, BootTime no_later, milliseconds kept, OperationFor operation_for,
                  const std::function<bool(Verdict)>& confirms) {
    EndNotes notes{*this, kept};
    LettingGo state{*this, await, notes};
    const bool to_mark = success().has_value();
    nodes_.wait_for_failovers(std::min(no_later - 2 * timing().node_timeout, BootClock::now() + longest_failover));
    const BootTime deadline = std::min(no_later, BootClock::now() + release_budget);
    // A node that hangs is told on the connection on which it has the request, before that connection is closed.
    const auto tell_silent = [&](const Answers& answers) {
        for (size_t i = 0; i < nodes_.size(); ++i)
            if (state.open()[i] && !answers[i]) notes.tell(i);
    };
    while (true) {
        state.take(tell(state.open(), state.awaited(), milliseconds{0}, state.missing(), operation_for,
                        lets_go_by_digest(), tell_silent),
                   confirms);
        const BootTime now = BootClock::now();
        if (!state.again() || now >= deadline) break;
        // A node that did not answer on its connection is told again over a new one.
        for (size_t i = 0; i < nodes_.size(); ++i)
            if (state.awaited()[i]) nodes_.give_up(i);
        if (!state.refused()) continue;
        nodes_.take_messages(); // a message that has come would cut the pause short
        nodes_.wait(std::min(deadline, now + refused_pause), -1);
    }
    for (size_t i = 0; i < nodes_.size(); ++i) notes.tell(i);
    nodes_.push();
    end_.reset();
    lease_ = Lease{nodes_.size()};
    reports_ = std::move(state.reports());
    marked_ = !to_mark || state.marked() >= quorum(nodes_.size());
    return state.missing() == 0;
}

std::optional<Success> Lock::success() const {
    if (!terms_.once_in || !succeeded_) return {};
    const auto age = std::chrono::duration_cast<milliseconds>(BootClock::now() - *succeeded_);
    if (age >= *terms_.once_in) return {};
    return Success{record_, age, *terms_.once_in - age};
}

void Lock::note_start() {
    if (!terms_.history) return;
    end_ = {.how = How::not_started};
    const Request note = start_note(key_, record_, fence_, waited_, *terms_.history);
    nodes_.settle();
    for (size_t i = 0; i < nodes_.size(); ++i) nodes_.note(i, note);
}

void Lock::ended(RunEnd end) {
    end_ = std::move(end);
    if (end_->how != How::lost || !taken_away_) return;
    end_->how = How::taken_away;
    end_->why = *taken_away_;
}

milliseconds Lock::held() const {
    if (began_) return std::chrono::duration_cast<milliseconds>(BootClock::now() - *began_);
    return std::max(wall_time_since_epoch() - self_.since, milliseconds{0});
}

bool Lock::keep(milliseconds rest, Await await) {
    self_.ended = wall_time_since_epoch();
    const Record kept = Record::make(token_, self_);
    const auto extend = [&](bool late) -> Operation {
        // A request without an answer may still set the key on this node for a whole TTL, so the node gets a release.
        if (late) return release_of(true);
        return Extend{token_, record_, rest, seat(), entry_.value, success(), kept};
    };
    // There is no second try after the end of the lease, because nothing may revive the lock then (hazard 45).
    return let_go(await, valid_until().value_or(BootTime{}), rest, extend,
                  [](Verdict word) { return word == Verdict::yours; });
}

Release Lock::release_of(bool late) const {
    // A single node that has granted the lock has taken us out of its queue, unless a copy of the request comes late.
    const bool in_line = nodes_.size() > 1 || unanswered_on_.front();
    return {token_, in_line ? entry_.value : "", late, seat(), success()};
}

void Lock::prepare_release() const {
    Mode mode = modes_.front();
    LockOperation{key_, release_of(false)}.on(mode, lets_go_by_digest());
}

bool Lock::release(Await await) {
    const auto release = [&](bool late) -> Operation { return release_of(late); };
    return let_go(await, BootTime::max(), milliseconds{0}, release,
                  [](Verdict word) { return word != Verdict::no_scripts; });
}

} // namespace holdfast
