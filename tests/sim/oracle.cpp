#include "sim/oracle.hpp"

#include <algorithm>
#include <functional>

namespace holdfast::sim {
namespace {

std::string token_of(const std::string& record) { return record.substr(0, record.find(' ')); }

/// For which token the operation is; nothing: it takes the lock away.
constexpr auto token_in = [](const auto& operation) -> std::optional<std::string> {
    if constexpr (requires { operation.token; }) return operation.token.text();
    else if constexpr (requires { operation.words; }) return {};
    else return "";
};

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

bool Oracle::Holding::stands_beside(const Holding& other) const {
    if (kind != other.kind || kind.way == LockKind::Way::exclusive) return false;
    return kind.way == LockKind::Way::shared || slot != other.slot;
}

void Oracle::note_holders(Server& server, const std::vector<NodeState::Value>& before,
                          const std::optional<std::string>& own) {
    const size_t i = server.index();
    const auto after = server.state().holders(server.time());
    const auto among = [](const auto& holders, const NodeState::Value& one) {
        return std::ranges::find(holders, one.text, &NodeState::Value::text) != holders.end();
    };
    for (const NodeState::Value& was : before) {
        if (among(after, was)) continue;
        Holding& gone = holding(token_of(was.text));
        gone.stands_until[i] = Instant::min();
        if (!own && !gone.forced) gone.forced = world_.now();
        if (gone.runs) check_claim(gone);
    }
    for (const NodeState::Value& is : after) {
        Holding& there = holding(token_of(is.text));
        there.stands_until[i] = server.clock().when(is.until);
        if (!among(before, is) && own != there.token)
            violated(Invariant::i6, fmt::format("{} is back on node {}, by another's request", there.token, i));
    }
    if (server.state().group_outlives_members())
        violated(Invariant::i6, fmt::format("node {} has a group, and nobody is in it", i));
}

bool Oracle::is_past(const Token& token) const {
    if (std::ranges::find(gone_, token.run) != gone_.end()) return true;
    const auto last = last_attempts_.find(token.run);
    return last != last_attempts_.end() && token.attempt < last->second;
}

void Oracle::executed(Server& server, const Operation& operation, const NodeReply& reply,
                      const std::vector<NodeState::Value>& before) {
    const size_t i = server.index();
    note_holders(server, before, std::visit(token_in, operation));
    if (const auto* acquire = std::get_if<Acquire>(&operation)) {
        world_.trace("node {}: acquire {}: {}", i, acquire->token.text().substr(28),
                     reply.verdict == Verdict::granted ? "granted"
                     : reply.verdict == Verdict::held  ? "held"
                                                       : "reserved or revoked");
        if (reply.verdict != Verdict::granted) return;
        Holding& mine = holding(acquire->token.text());
        if (mine.released[i] && is_past(acquire->token))
            violated(Invariant::i6,
                     fmt::format("node {} grants {} after its release, and nobody will release it", i, mine.token));
        mine.granted_at[i] = std::min(mine.granted_at[i], world_.now());
        if (holding_now(mine) == nodes_ / 2 + 1) {
            last_winner_ = mine.token;
            ++quorums_;
        }
        last_granted_ = acquire->record;
        ++grants_;
    } else if (const auto* extend = std::get_if<Extend>(&operation)) {
        Holding& mine = holding(extend->token.text());
        if (reply.verdict != Verdict::yours)
            mine.denied = mine.denied || (mine.forced && holding_now(mine) <= nodes_ / 2);
        world_.trace("node {}: extend {}: {}", i, extend->token.text().substr(28),
                     reply.verdict == Verdict::yours ? "yours" : "no");
    } else if (const auto* restore = std::get_if<Restore>(&operation)) {
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
    } else if (const auto* withdraw = std::get_if<Withdraw>(&operation)) {
        holding(withdraw->token.text()).released[i] = true;
        world_.trace("node {}: withdraw {}", i, withdraw->token.text().substr(28));
    } else if (const auto* revoke = std::get_if<Revoke>(&operation)) {
        Holding& theirs = holding(std::string{revoke->record.token()});
        if (!theirs.forced) theirs.forced = world_.now();
        world_.trace("node {}: revoke {}", i, theirs.token);
    }
}

void Oracle::forgotten(Server& server) {
    // What it promised is kept by its having no vote; so the key counts as if it stood.
    forgotten_ = true;
    world_.trace("node {} has forgotten {} holders", server.index(), server.state().holders(server.time()).size());
}

void Oracle::loses_key(Server& server, bool everything) {
    // Its fence numbers begin anew by its clock alone, and marks that something is void are gone.
    fences_lost_ = fences_lost_ || everything;
    if (everything)
        for (auto& [token, holding] : holdings_) holding.released[server.index()] = false;
    for (const NodeState::Value& holder : server.state().holders(server.time())) {
        Holding& was = holding(token_of(holder.text));
        was.stands_until[server.index()] = Instant::min();
        was.forgotten = true;
        if (was.forced || holding_now(was) > nodes_ / 2) continue;
        was.forced = world_.now();
        if (!noticed_within_) continue;
        world_.after(*noticed_within_, [this, token = was.token] {
            // An acquire that was under way when the key was lost may have made it a quorum again.
            if (holding(token).runs && holding_now(holding(token)) <= nodes_ / 2)
                violated(Invariant::loss, fmt::format("the command of {} runs still, and its lock is lost", token));
        });
    }
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
        Holding& mine = holding(acquire->token.text());
        if (mine.slot != 0 && mine.slot != acquire->record.holder->slot)
            violated(Invariant::i1, fmt::format("{} asks for two slots with one token", process.name()));
        mine.kind = acquire->record.holder->kind;
        mine.slot = acquire->record.holder->slot;
    } else if (const auto* extend = std::get_if<Extend>(operation)) {
        const Holding& mine = holding(extend->token.text());
        // Who is stopped between its look at the clock and this does it late, with no harm: nobody heeds the answer.
        const bool is_over = mine.claim && *mine.claim <= world_.now() && process.dawdled_until() != world_.now();
        if (mine.lost || is_over)
            violated(Invariant::i4,
                     fmt::format("{} extends {}, which it has lost", process.name(), extend->token.text()));
    } else if (const auto* withdraw = std::get_if<Withdraw>(operation)) {
        leaving_.push_back(withdraw->token.run);
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

void Oracle::command_started(const std::string& token, std::optional<Fence> fence) {
    Holding& mine = holding(token);
    mine.runs = true;
    if (noticed_within_ && mine.denied)
        violated(Invariant::loss, fmt::format("the command of {} starts, and a node has told of its loss", token));
    for (const auto& [other, theirs] : holdings_)
        if (other != token && theirs.kept_until > world_.now() && !theirs.forced && !mine.forced &&
            !mine.stands_beside(theirs))
            violated(Invariant::i1, fmt::format("the command of {} starts, and {} is kept", token, other));
    for (const std::string& other : running_)
        if (!mine.stands_beside(holding(other)) && !excused(mine) && !excused(holding(other)))
            violated(Invariant::i1, fmt::format("the commands of {} and {} run at once", other, token));
    if (!running_.empty()) ++beside_;
    running_.push_back(token);

    if (fence) check_fence(mine, *fence);
}

void Oracle::check_fence(const Holding& mine, Fence fence) {
    std::vector<Instant> granted = mine.granted_at;
    std::ranges::sort(granted);
    const bool shared = mine.kind.way == LockKind::Way::shared;
    Win win{granted[nodes_ / 2], fence, mine.token, {}, shared};
    win.taken_before = mine.forced && *mine.forced < win.when;
    if ((fence.number % 2 == 1) != shared)
        violated(Invariant::i5, fmt::format("{} has the number {}", mine.token, fence.number));
    for (const Win& other : wins_) {
        if (fences_lost_) break;
        // Those that share the lock keep the number that a clock gave to the first request after a restart.
        const bool by_clocks = forgotten_ && (shared || other.shared);
        const bool in_order = (other.when < win.when) == (other.fence < fence) || by_clocks || other.taken_before ||
                              win.taken_before || mine.stands_beside(holding(other.token));
        if ((other.fence == fence && !(other.shared && shared)) || !in_order)
            violated(Invariant::i5,
                     fmt::format("{} has won at {} with the number {}, and {} at {} with {}", other.token,
                                 text_of(other.when), other.fence.number, mine.token, text_of(win.when), fence.number));
    }
    wins_.push_back(win);
}

bool Oracle::has_grant(const std::string& run) const {
    return std::ranges::any_of(holdings_, [&](const auto& entry) {
        const Holding& holding = entry.second;
        if (!holding.token.starts_with(run + ".")) return false;
        for (size_t i = 0; i < nodes_; ++i)
            if (holding.granted_at[i] != never && !holding.released[i]) return true;
        return false;
    });
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
