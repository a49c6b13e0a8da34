#include "sim/oracle.hpp"

#include <algorithm>
#include <functional>

namespace holdfast::sim {
namespace {

std::string token_of(const std::string& record) { return record.substr(0, record.find(' ')); }

/// Of N instants that which q of them reach. The oracle counts for itself: N/2 + 1 of those that were configured.
Instant reached_by_quorum(std::vector<Instant> instants) {
    std::ranges::sort(instants, std::greater{});
    return instants[instants.size() / 2];
}

} // namespace

const char* name_of(Invariant invariant) {
    switch (invariant) {
    case Invariant::i1: return "I1";
    case Invariant::i2: return "I2";
    case Invariant::i4: return "I4";
    case Invariant::i5: return "I5";
    case Invariant::i6: return "I6";
    case Invariant::i7: return "I7";
    case Invariant::i8: return "I8";
    case Invariant::order: return "order";
    case Invariant::loss: return "loss";
    }
    return "?";
}

void Oracle::violated(Invariant invariant, const std::string& text) {
    world_.trace("VIOLATION of {}: {}", name_of(invariant), text);
    if (!violation_) violation_ = {invariant, world_.now(), text};
}

Oracle::Holding& Oracle::holding(const std::string& token) {
    const auto [at, is_new] = holdings_.try_emplace(token);
    if (is_new) {
        at->second.token = token;
        at->second.granted_at.assign(nodes_, never);
        at->second.stands_until.assign(nodes_, Instant::min());
        at->second.released.assign(nodes_, false);
    }
    return at->second;
}

void Oracle::stands(Holding& holding, Server& server) {
    holding.stands_until[server.index()] = server.clock().when(server.state().key()->until);
}

void Oracle::removed(const std::optional<NodeState::Value>& before, Server& server) {
    if (!before || server.state().key()) return;
    Holding& was = holding(token_of(before->text));
    was.stands_until[server.index()] = Instant::min();
    if (was.runs) check_claim(was);
}

bool Oracle::is_past(const Token& token) const {
    if (std::ranges::find(gone_, token.run) != gone_.end()) return true;
    const auto last = last_attempts_.find(token.run);
    return last != last_attempts_.end() && token.attempt < last->second;
}

void Oracle::executed(Server& server, const Operation& operation, const NodeReply& reply,
                      const std::optional<NodeState::Value>& before) {
    const size_t i = server.index();
    if (const auto* acquire = std::get_if<Acquire>(&operation)) {
        world_.trace("node {}: acquire {}: {}", i, acquire->token.text().substr(28),
                     reply.verdict == Verdict::granted ? "granted"
                     : reply.verdict == Verdict::held  ? "held"
                                                       : "reserved or revoked");
        if (reply.verdict != Verdict::granted) return;
        Holding& mine = holding(acquire->token.text());
        if (before && token_of(before->text) != mine.token) {
            Holding& earlier = holding(token_of(before->text));
            earlier.stands_until[i] = Instant::min();
            if (earlier.runs) check_claim(earlier);
        }
        if (mine.released[i] && is_past(acquire->token))
            violated(Invariant::i6,
                     fmt::format("node {} grants {} after its release, and nobody will release it", i, mine.token));
        mine.granted_at[i] = std::min(mine.granted_at[i], world_.now());
        stands(mine, server);
        if (holding_now(mine) == nodes_ / 2 + 1) {
            last_winner_ = mine.token;
            ++quorums_;
        }
        last_granted_ = acquire->record;
        ++grants_;
    } else if (const auto* extend = std::get_if<Extend>(&operation)) {
        Holding& mine = holding(extend->token.text());
        if (reply.verdict == Verdict::yours) stands(mine, server);
        else mine.denied = mine.denied || (mine.forced && holding_now(mine) <= nodes_ / 2);
        world_.trace("node {}: extend {}: {}", i, extend->token.text().substr(28),
                     reply.verdict == Verdict::yours ? "yours" : "no");
    } else if (const auto* restore = std::get_if<Restore>(&operation)) {
        if (reply.verdict == Verdict::yours) stands(holding(restore->token.text()), server);
        world_.trace("node {}: restore {}: {}", i, restore->token.text().substr(28),
                     reply.verdict == Verdict::yours ? "yours" : "no");
    } else if (const auto* raise = std::get_if<Raise>(&operation)) {
        world_.trace("node {}: raise {} to {}: {}", i, raise->record.token().substr(28), raise->to.number,
                     reply.verdict == Verdict::raised ? "raised" : "no");
    } else if (const auto* release = std::get_if<Release>(&operation)) {
        holding(release->token.text()).released[i] = true;
        world_.trace("node {}: release {}{}: {}", i, release->token.text().substr(28),
                     release->void_too ? ", void" : "",
                     reply.verdict == Verdict::released ? "released" : "not its own");
        removed(before, server);
    } else if (const auto* withdraw = std::get_if<Withdraw>(&operation)) {
        holding(withdraw->token.text()).released[i] = true;
        world_.trace("node {}: withdraw {}", i, withdraw->token.text().substr(28));
        removed(before, server);
    } else if (const auto* revoke = std::get_if<Revoke>(&operation)) {
        Holding& theirs = holding(std::string{revoke->record.token()});
        if (!theirs.forced) theirs.forced = world_.now();
        world_.trace("node {}: revoke {}", i, theirs.token.substr(28));
        removed(before, server);
    }
}

void Oracle::forgotten(Server& server) {
    // What it promised is kept by its having no vote; so the key counts as if it stood.
    world_.trace("node {} has forgotten {}", server.index(), server.state().key() ? "a key" : "nothing");
}

void Oracle::loses_key(Server& server, bool everything) {
    // Its fence numbers begin anew by its clock alone, and marks that something is void are gone.
    fences_lost_ = fences_lost_ || everything;
    if (everything)
        for (auto& [token, holding] : holdings_) holding.released[server.index()] = false;
    if (!server.state().key()) return;
    Holding& was = holding(token_of(server.state().key()->text));
    was.stands_until[server.index()] = Instant::min();
    was.forgotten = true;
    if (was.forced || holding_now(was) > nodes_ / 2) return;
    was.forced = world_.now();
    if (noticed_within_)
        world_.after(*noticed_within_, [this, token = was.token] {
            // An acquire that was under way when the key was lost may have made it a quorum again.
            if (holding(token).runs && holding_now(holding(token)) <= nodes_ / 2)
                violated(Invariant::loss, fmt::format("the command of {} runs still, and its lock is lost", token));
        });
}

bool Oracle::excused(const Holding& holding) const {
    return holding.forced || (holding.forgotten && holding_now(holding) <= nodes_ / 2);
}

size_t Oracle::holding_now(const Holding& holding) const {
    return static_cast<size_t>(
        std::ranges::count_if(holding.stands_until, [&](Instant until) { return until > world_.now(); }));
}

std::vector<size_t> Oracle::standing(const std::string& token) {
    std::vector<size_t> nodes;
    for (size_t i = 0; i < nodes_; ++i)
        if (holding(token).stands_until[i] > world_.now()) nodes.push_back(i);
    return nodes;
}

void Oracle::asked(const Process& process, const Task& task) {
    const auto* operation = std::get_if<Operation>(&task.what);
    if (operation == nullptr) return;
    if (const auto* acquire = std::get_if<Acquire>(operation)) {
        last_attempts_[acquire->token.run] = acquire->token.attempt;
    } else if (const auto* extend = std::get_if<Extend>(operation)) {
        const Holding& mine = holding(extend->token.text());
        // Who is stopped between its look at the clock and this does it late, with no harm: nobody heeds the answer.
        const bool is_over = mine.claim && *mine.claim <= world_.now() && process.dawdled_until() != world_.now();
        if (mine.lost || is_over)
            violated(Invariant::i4,
                     fmt::format("{} extends {}, which it has lost", process.name(), extend->token.text()));
    } else if (const auto* release = std::get_if<Release>(operation)) {
        if (holding(release->token.text()).runs)
            violated(Invariant::i7,
                     fmt::format("{} releases {}, and its command runs", process.name(), release->token.text()));
    }
}

void Oracle::check_claim(const Holding& holding) {
    if (!holding.claim || holding.forced || holding.forgotten || *holding.claim <= world_.now()) return;
    const Instant true_end = reached_by_quorum(holding.stands_until);
    if (*holding.claim > true_end)
        violated(Invariant::i2,
                 fmt::format("{} is believed to be held until {}, and ends at {}", holding.token,
                             text_of(*holding.claim), true_end < Instant{0} ? "once" : text_of(true_end)));
}

void Oracle::claims(const std::string& token, Instant valid_until) {
    Holding& mine = holding(token);
    mine.claim = valid_until;
    mine.latest_claim = std::max(mine.latest_claim, valid_until);
    check_claim(mine);
}

void Oracle::command_started(const std::string& token, Fence fence) {
    Holding& mine = holding(token);
    mine.runs = true;
    if (noticed_within_ && mine.denied)
        violated(Invariant::loss, fmt::format("the command of {} starts, and a node has told of its loss", token));
    for (const auto& [other, theirs] : holdings_)
        if (other != token && theirs.kept_until > world_.now() && !theirs.forced && !mine.forced)
            violated(Invariant::i1, fmt::format("the command of {} starts, and {} is kept", token, other));
    for (const std::string& other : running_)
        if (!excused(mine) && !excused(holding(other)))
            violated(Invariant::i1, fmt::format("the commands of {} and {} run at once", other, token));
    running_.push_back(token);

    std::vector<Instant> granted = mine.granted_at;
    std::ranges::sort(granted);
    Win win{granted[nodes_ / 2], fence, token, {}};
    win.taken_before = mine.forced && *mine.forced < win.when;
    for (const Win& other : wins_) {
        const bool in_order = (other.when < win.when) == (other.fence < win.fence);
        if (fences_lost_) break;
        if (other.fence == win.fence || (!in_order && !other.taken_before && !win.taken_before))
            violated(Invariant::i5,
                     fmt::format("{} has won at {} with the number {}, and {} at {} with {}", other.token,
                                 text_of(other.when), other.fence.number, token, text_of(win.when), fence.number));
    }
    wins_.push_back(win);
}

void Oracle::command_ended(const std::string& token) {
    Holding& mine = holding(token);
    mine.runs = false;
    std::erase(running_, token);
    // A node that has forgotten the key takes back what others are kept from all the same.
    if (world_.now() > mine.latest_claim)
        violated(Invariant::i2, fmt::format("the command of {} has outlived its lease, which ended at {}", token,
                                            text_of(mine.latest_claim)));
}

} // namespace holdfast::sim
