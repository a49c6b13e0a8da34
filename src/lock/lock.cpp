#include "lock/lock.hpp"

#include "base/canary.hpp"
#include "base/duration.hpp"
#include "lock/restart_guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace holdfast {
namespace {

/// How long an entry in the queue lives after its last refresh, in addition to two node timeouts.
constexpr milliseconds entry_lasts{3000};
/// How many rounds to agree on a fence number before the attempt is given up; a lock with slots gets more.
constexpr int fence_rounds = 2;

std::string text_of(const std::optional<Ballot::Vote>& vote, nanoseconds took, bool won) {
    if (!vote) return "not waited for: the others were enough";
    if (!*vote || (*vote)->verdict != Verdict::granted) return words_of(*vote);
    return won ? fmt::format("granted in {}", format_latency(took))
               : fmt::format("answered in {}; its vote was given back", format_latency(took));
}

/// How long until enough nodes that have no vote yet have one, to make a quorum with the `others`; `votes_in` has the
/// time that each needs. Nothing if the others are a quorum already, or if the nodes are too few.
std::optional<milliseconds> votes_complete_in(std::vector<milliseconds> votes_in, size_t others, size_t nodes) {
    const size_t wanted = quorum(nodes);
    if (others >= wanted || votes_in.size() < wanted - others) return {};
    std::ranges::sort(votes_in);
    return votes_in[wanted - others - 1];
}

/// The slot for which a run asks at first, so that runs that begin together ask for different ones.
unsigned slot_of(const std::string& run, unsigned limit) {
    unsigned number = 0;
    std::from_chars(run.data(), run.data() + std::min<size_t>(run.size(), 7), number, 16);
    return number % limit + 1;
}

void add_who_is_ahead(Attempt& attempt, const Ballot& ballot) {
    if (attempt.outcome == Outcome::held) {
        attempt.holder = Record::parse(ballot.other_holder());
        attempt.holders = ballot.other_holders();
        attempt.expires_in = ballot.other_expires_in();
    }
    if (attempt.outcome == Outcome::skipped) attempt.success = ballot.success();
    if (const NodeReply* reservation = ballot.reservation(); reservation && attempt.outcome == Outcome::reserved) {
        attempt.first = Record::parse(reservation->value);
        attempt.holders = reservation->members.size();
        attempt.expires_in = reservation->ttl_left;
    }
}

} // namespace

Lock::Lock(NodeSet& nodes, LockKey key, LockTerms terms, Holder self, std::string run)
    : nodes_{nodes}, key_{std::move(key)}, terms_{terms}, self_{std::move(self)}, token_{std::move(run), 0},
      lease_{nodes_.size()}, modes_(nodes_.size(), terms.mode), unanswered_on_(nodes_.size()), answered_(nodes_.size()),
      trouble_(nodes_.size()) {
    nodes_.serve(key_.key());
}

Lock::Lock(NodeSet& nodes, LockKey key, LockTerms terms, Token token, const Tenure& held)
    : Lock{nodes, std::move(key), terms, held.record.holder.value_or(Holder{})} {
    token_ = std::move(token);
    record_ = held.record;
    terms_.kind = self_.kind;
    fence_ = held.fence;
    answered_.assign(nodes_.size(), true);
    unanswered_on_.assign(nodes_.size(), of_another_process);
    for (size_t i = 0; i < nodes_.size(); ++i) lease_.asked(i);
}

bool Lock::valid() const {
    const auto until = valid_until();
    return until && BootClock::now() < *until;
}

std::optional<BootTime> Lock::start_until() const {
    const auto until = valid_until();
    if (until) return *until - timing().least_to_start();
    // A test build without the rule takes a missing lease for one that never ends.
    return enforced(Rule::missing_lease) ? until : BootTime::max();
}

bool Lock::worth_starting() const {
    const auto until = start_until();
    return until && BootClock::now() <= *until;
}

std::vector<NodeReport> Lock::reports(const Ballot& ballot, const Answers& answers, bool won) {
    std::vector<NodeReport> out;
    for (size_t i = 0; i < nodes_.size(); ++i) {
        std::string text = ballot[i] || won ? text_of(ballot[i], answers[i] ? answers[i]->took : nanoseconds{}, won)
                                            : trouble_[i].value_or("no answer yet");
        if (ballot[i]) trouble_[i] = *ballot[i] ? std::nullopt : std::optional{text};
        if (ballot[i] && *ballot[i] && modes_[i] == Mode::transactions) text += ", by transaction";
        if (const auto other = same_server_before(i))
            text +=
                fmt::format("; it is the same server as {}, and has no vote of its own", nodes_.node(*other).display());
        out.push_back({nodes_.node(i).display(), std::move(text)});
    }
    return out;
}

void Lock::granted(size_t node, const Answer& yes) {
    lease_.grant(node, granted_until(enforced(Rule::send_time) ? *yes.sent_at : BootClock::now(), timing()));
    heard_at_ = std::max(heard_at_, *yes.sent_at + yes.took);
}

std::optional<size_t> Lock::same_server_before(size_t node) const {
    const auto& one = nodes_[node].introduction();
    if (!one || one->run_id.empty()) return {};
    for (size_t k = 0; k < node; ++k) {
        const auto& other = nodes_[k].introduction();
        if (other && one->run_id == other->run_id) return k;
    }
    return {};
}

std::vector<NodeReport> Lock::same_servers() const {
    for (size_t i = 0; i < nodes_.size(); ++i)
        if (const auto k = same_server_before(i))
            return {{nodes_.node(*k).display(), ""}, {nodes_.node(i).display(), ""}};
    return {};
}

void Lock::begin_attempt(const std::optional<WaitBegin>& wait) {
    if (enforced(Rule::fresh_token) || token_.attempt == 0) ++token_.attempt;
    self_.since = wall_time_since_epoch();
    began_ = BootClock::now();
    end_.reset();
    self_.nodes = nodes_.size();
    self_.kind = terms_.kind;
    waited_ = wait ? std::chrono::duration_cast<milliseconds>(BootClock::now() - wait->boot) : milliseconds{0};
    if (wait && entry_.value.empty()) entry_ = Record::of_waiter(token_.run, self_);
    if (const unsigned limit = terms_.kind.limit; limit > 0)
        self_.slot = next_slot_.value_or(slot_of(token_.run, limit));
    record_ = Record::make(token_, self_);
    lease_ = Lease{nodes_.size()};
    taken_away_.reset();
}

void Lock::listen_for_turn() {
    nodes_.listen(key_.turn_channel(token_.run));
    if (shares()) nodes_.listen(key_.shared_turn_channel());
}

void Lock::hear_turn(const std::vector<Message>& messages) {
    for (const Message& message : messages) {
        unsigned slot = 0;
        std::from_chars(message.text.data(), message.text.data() + message.text.size(), slot);
        if (message.channel == key_.turn_channel(token_.run) && slot >= 1 && slot <= terms_.kind.limit)
            next_slot_ = slot;
    }
}

Attempt Lock::try_once(const Try& how) {
    begin_attempt(how.wait);
    Ballot ballot{nodes_.size(), terms_.kind};
    FenceAgreement fences{nodes_.size(), shares()};
    std::vector<milliseconds> votes_in; // how long until each node that was started a short while ago has a vote
    const std::vector<Mode> modes = modes_;
    const BootTime others_until = BootClock::now() + timing().node_timeout / 10;
    const auto enough = [&](const Answers& answers) {
        ballot.count(answers, [&](size_t i) {
            const auto& vote = *ballot[i];
            if (is_own(vote))
                return ballot.add(i, tl::unexpected{NodeFailure{NodeFailure::Kind::unreachable,
                                                                "it has granted the lock, but its answer was lost"}});
            if (!vote || vote->verdict != Verdict::granted) return;
            if (const auto why = too_young(nodes_, i, terms_.restart_guard, timing().drift_ratio)) {
                ballot.add(i, tl::unexpected{NodeFailure{NodeFailure::Kind::no_vote, why->text}});
                if (why->votes_in) votes_in.push_back(*why->votes_in);
                return;
            }
            granted(i, *answers[i]);
            fences.accepted(i, vote->fence);
        });
        return ballot.decided() && !(BootClock::now() < others_until && awaits_texts(modes, answers));
    };
    // The deadline leaves time to open a connection as well. A round that ends after its deadline has failed, whatever
    // was answered (holdfast-protocol(7), ROUNDS).
    const BootTime deadline = std::min(how.until, nodes_.latest_answer());
    const LockOperation acquire{key_, request(how)};
    const auto exchange_for = [&](size_t i) {
        unanswered_on_[i] = nodes_[i].number();
        lease_.asked(i);
        return acquire.on(modes_[i]);
    };
    const Answers answers = nodes_.ask(exchange_for, {.enough = enough,
                                                      .deadline = deadline,
                                                      .again = others_until,
                                                      .interrupt = how.interrupt,
                                                      .meanwhile = how.meanwhile,
                                                      .hear_out = true,
                                                      .to_confirm = has_granted});
    enough(answers);
    for (size_t i = 0; i < nodes_.size(); ++i)
        if (answers[i]) heed(i, *answers[i]);

    Attempt attempt = judge(ballot);
    attempt.votes_in = votes_complete_in(std::move(votes_in), attempt.answered, nodes_.size());
    if (attempt.outcome == Outcome::won &&
        (BootClock::now() > deadline || !agree_on_fence(std::move(fences), deadline) || !worth_starting()))
        attempt.outcome = Outcome::too_few;
    const bool won = attempt.outcome == Outcome::won;
    if (attempt.nodes.empty()) attempt.nodes = reports(ballot, answers, won);
    if (won) return attempt;
    add_who_is_ahead(attempt, ballot);
    // The mark lasts as long as the run that wrote it asked for, which may be longer than it counts for us.
    if (attempt.success)
        attempt.success->left = std::min(attempt.success->left, *terms_.once_in - attempt.success->age);
    choose_slot(ballot);
    undo(answers);
    return attempt;
}

bool Lock::awaits_texts(const std::vector<Mode>& modes, const Answers& answers) const {
    return modes_ != modes && !std::ranges::all_of(answers, &std::optional<Answer>::has_value);
}

Attempt Lock::judge(const Ballot& ballot) const {
    Attempt attempt{.outcome = ballot.outcome(),
                    .position = ballot.position(),
                    .answered = ballot.answered(),
                    .voteless = ballot.voteless(),
                    .lacks_votes = ballot.lacks_votes(),
                    .nodes = same_servers()};
    if (auto holder = ballot.over_other_nodes()) {
        attempt.outcome = Outcome::other_nodes;
        attempt.holder = std::move(*holder);
    }
    // If we have a quorum, that holder has none, and may have let go on the other nodes: each node lets in one limit
    // alone.
    if (auto holder = ballot.with_other_limit(); holder && attempt.outcome != Outcome::won) {
        attempt.outcome = Outcome::other_limit;
        attempt.holder = std::move(*holder);
    }
    if (!attempt.nodes.empty()) attempt.outcome = Outcome::same_server;
    return attempt;
}

void Lock::choose_slot(const Ballot& ballot) {
    const std::vector<unsigned> free = ballot.likely_free_slots();
    if (!free.empty()) next_slot_ = free[static_cast<size_t>(random_up_to(nanoseconds{free.size()}).count())];
}

Acquire Lock::request(const Try& how) const {
    Acquire acquire{token_, record_, timing().ttl, std::max(Fence{self_.since.count()}, Fence{fence_.number + 1})};
    acquire.seat = seat();
    acquire.once_in = terms_.once_in;
    if (how.wait) acquire.waiting = {entry_.value, how.wait->wall, waited_, entry_lasts + 2 * timing().node_timeout};
    return acquire;
}

void Lock::heed(size_t node, const Answer& answer) {
    answered_[node] = answer.replies.has_value();
    // A request that was answered or never sent cannot come late, but a copy of the request can.
    const bool known = answered_[node] || !answer.in_vain.empty() || !answer.sent_at;
    if (known && !answer.copied) unanswered_on_[node].reset();
    const auto vote = node_reply(answer);
    if (!unanswered_on_[node] && !(vote && vote->verdict == Verdict::granted)) lease_.take_back(node);
}

bool Lock::is_own(const Ballot::Vote& vote) const {
    return vote && vote->verdict == Verdict::held &&
           std::ranges::count(named_holders(*vote), record_.value, &NamedHolder::record) > 0;
}

bool Lock::agree_on_fence(FenceAgreement fences, BootTime deadline) {
    // A holder that takes another slot meanwhile uses up a number, so there is one more round for each slot.
    const int rounds = fence_rounds + static_cast<int>(terms_.kind.limit);
    for (int round = 0; !fences.agreed() && round < rounds && BootClock::now() < deadline; ++round) {
        if (round > 0) fences.raise();
        const auto exchange_for = [&](size_t i) -> std::optional<Exchange> {
            if (!fences.behind(i)) return {};
            return exchange(key_, Raise{record_, fences.target(), seat()}, modes_[i]);
        };
        Ballot ballot{nodes_.size()};
        const auto enough = [&](const Answers& answers) {
            ballot.count(answers, [&](size_t i) {
                const auto& vote = *ballot[i];
                if (vote && vote->verdict == Verdict::raised) fences.accepted(i, vote->fence);
                else if (vote && vote->verdict == Verdict::refused) fences.refused(vote->fence);
                else if (vote) {
                    fences.not_ours(i);
                    lease_.take_back(i);
                }
            });
            return fences.agreed();
        };
        enough(nodes_.ask(exchange_for, {.enough = enough,
                                         .deadline = std::min(deadline, BootClock::now() + timing().node_timeout)}));
    }
    fence_ = fences.target();
    return fences.agreed();
}

} // namespace holdfast
