#include "sim/history.hpp"

#include "lock/revocation.hpp"

#include <algorithm>

namespace holdfast::sim {
namespace {

History* the_running = nullptr;

const char* name_of(Outcome outcome) {
    switch (outcome) {
    case Outcome::won: return "won";
    case Outcome::held: return "held";
    case Outcome::reserved: return "reserved";
    case Outcome::contended: return "contended";
    case Outcome::too_few: return "too few nodes";
    case Outcome::other_limit: return "other limit";
    case Outcome::interrupted: return "interrupted";
    default: return "other";
    }
}

/// A renewal, its round, and the command's end, in which the winner may be stopped once.
std::optional<nanoseconds> noticed_within(const Plan& plan) {
    if (!plan.finds_out || !plan.key_loss) return {};
    const Timing& timing = plan.terms.timing;
    const nanoseconds longest = timing.renewal_interval() + timing.node_timeout * 11 / 10 + timing.grace +
                                timing.kill_margin() + 4 * plan.link.longest + milliseconds{20};
    return plan.key_loss->dawdles + std::chrono::duration_cast<nanoseconds>(longest * (1 + timing.drift_ratio));
}

} // namespace

History::History(uint64_t seed, bool traced)
    : plan_{draw(seed)}, world_{seed ^ 0x5DEECE66DU, traced}, oracle_{world_, plan_.nodes.size(),
                                                                      noticed_within(plan_)} {
    the_running = this;
    for (size_t i = 0; i < plan_.nodes.size(); ++i)
        servers_.push_back(std::make_unique<Server>(world_, oracle_, faults_, i, plan_.nodes[i].clock, the_key(),
                                                    plan_.nodes[i].remembers));
    for (size_t i = 0; i < plan_.contenders.size(); ++i)
        contenders_.push_back(std::make_unique<Contender>(world_, oracle_, i, plan_, plan_.contenders[i]));
    for (const PlainPlan& plain : plan_.plain_clients)
        plain_clients_.push_back(std::make_unique<PlainClient>(world_, oracle_, servers_, plan_, plain));
    seen_.assign(contenders_.size(), Contender::State::not_begun);
}

History::~History() {
    // While the world still stands.
    for (const auto& contender : contenders_) contender->process().kill();
    if (operator_) operator_->kill();
    the_running = nullptr;
}

History& History::running() { return *the_running; }

Link& History::link(const Process& process, size_t server) {
    const auto [at, is_new] = links_.try_emplace({&process, server}, plan_.link);
    if (is_new && healed_) at->second = {.shortest = plan_.link.shortest, .longest = plan_.link.longest};
    return at->second;
}

Result History::run() {
    prepare();
    world_.run(plan_.ends_at, [this] {
        look();
        return over();
    });
    if (!oracle_.violation()) check_liveness();
    Result result{.violation = oracle_.violation(),
                  .faults = faults_,
                  .grants = oracle_.grants(),
                  .beside = oracle_.beside(),
                  .events = world_.events(),
                  .fingerprint = world_.rng.next()};
    for (const auto& contender : contenders_) {
        if (contender->refused()) ++result.outcomes[fmt::format("refused: {}", name_of(*contender->refused()))];
        else if (contender->process().killed()) ++result.outcomes["killed"];
        else if (!contender->won_at()) ++result.outcomes["not begun"];
        else if (!contender->ran()) ++result.outcomes["won too late to start"];
        else
            ++result.outcomes[fmt::format("{}, {}", contender->was_lost() ? "lost" : "ran and released",
                                          holdfast::name_of(contender->plan().kind.way))];
    }
    for (const auto& client : plain_clients_)
        ++result.outcomes[client->won() ? "plain client, won" : "plain client, not won"];
    return result;
}

void History::prepare() {
    for (const auto& contender : contenders_) prepare_contender(*contender);
    for (size_t i = 0; i < plain_clients_.size(); ++i)
        world_.at(plan_.plain_clients[i].begins, [this, i] { plain_clients_[i]->attempt(); });
    for (const NodeFault& fault : plan_.node_faults)
        world_.at(fault.at, [this, &fault] {
            Server& server = *servers_[fault.node];
            if (fault.kind == NodeFault::Kind::hangs) server.hang_until(world_.now() + fault.lasts);
            else if (fault.kind == NodeFault::Kind::full) server.full_until(world_.now() + fault.lasts);
            else server.die(fault.lasts, fault.kind == NodeFault::Kind::forgets);
        });
    for (const Stall& one : plan_.stalls) world_.at(one.at, [this, &one] { stall(one); });
    if (plan_.revocation) begin_operator();
    world_.at(plan_.heals_at, [this] { heal(); });
}

void History::prepare_contender(Contender& contender) {
    const ContenderPlan& plan = contender.plan();
    world_.at(plan.begins, [&] { contender.begin(); });
    for (const auto& stop : plan.stops)
        world_.at(stop.at, [&] {
            ++faults_.stops;
            if (stop.point == 0) contender.process().stop_until(world_.now() + stop.lasts);
            else contender.process().stop_at_point(stop.point, stop.lasts);
        });
    if (plan.interrupted_at)
        world_.at(*plan.interrupted_at, [&] {
            ++faults_.interrupts;
            contender.interrupt();
        });
    if (plan.killed_at)
        world_.at(*plan.killed_at, [&] {
            ++faults_.kills;
            contender.kill();
        });
}

void History::stall(const Stall& stall) {
    ++faults_.stalls;
    Link& link = this->link(contenders_[stall.contender]->process(), stall.node);
    link.stalls_until = world_.now() + stall.lasts;
    link.stall_loses = stall.loses;
    world_.trace("nothing goes between run {} and node {} until {}{}", stall.contender, stall.node,
                 text_of(link.stalls_until), stall.loses ? ", and what is sent is lost" : "");
}

void History::heal() {
    world_.trace("no faults from here on");
    healed_ = true;
    for (auto& [between, link] : links_) link = {.shortest = plan_.link.shortest, .longest = plan_.link.longest};
}

void History::begin_operator() {
    const ContenderPlan& plan = plan_.revocation->operator_plan;
    operator_ = std::make_unique<Process>(world_, "the operator", plan.boot, plan.wall);
    operator_go_ = operator_->new_fd();
    operator_->run([this] {
        // It has looked before it acts, so its connections are open.
        NodeSet nodes{nodes_of(plan_), plan_.terms.timing.node_timeout};
        inspect(nodes, the_key());
        nodes.wait(BootTime::max(), operator_go_);
        Record theirs = plan_.revocation->from_whom_wins ? *oracle_.last_granted() : inspect(nodes, the_key()).record;
        if (theirs.value.empty()) return;
        if (plan_.revocation->whole_group && theirs.holder)
            if (const auto seat = seat_of("", *theirs.holder)) theirs = Record::parse(std::string{seat->group()});
        ++faults_.revocations;
        world_.trace("the operator takes the lock away from {}", theirs.token());
        revoke(nodes, the_key(), theirs, "because");
    });
}

void History::revoke_when_wanted() {
    if (!plan_.revocation || revoking_ || world_.now() < plan_.revocation->at) return;
    const bool granted_now = oracle_.grants() > seen_grants_;
    if (plan_.revocation->from_whom_wins && !granted_now) return;
    if (!oracle_.last_granted()) return;
    revoking_ = true;
    world_.after(plan_.revocation->delay, [this] { operator_->set_readable(operator_go_, true); });
    if (plan_.revocation->dawdles_at == 0) return;
    const int winner = oracle_.last_granted()->holder->pid;
    contenders_[static_cast<size_t>(winner)]->process().stop_at_point(plan_.revocation->dawdles_at,
                                                                      plan_.revocation->dawdles);
}

void History::lose_key_when_wanted() {
    if (!plan_.key_loss || key_lost_ || oracle_.quorums() == 0) return;
    key_lost_ = true;
    const KeyLoss& loss = *plan_.key_loss;
    world_.after(loss.delay, [this, &loss, token = oracle_.last_winner()] {
        const std::vector<size_t> nodes = oracle_.standing(token);
        if (!nodes.empty()) servers_[nodes[loss.which % nodes.size()]]->lose_key(loss.everything);
    });
    if (loss.dawdles_at == 0) return;
    const int winner = oracle_.last_granted()->holder->pid;
    contenders_[static_cast<size_t>(winner)]->process().stop_at_point(loss.dawdles_at, loss.dawdles);
}

bool History::over() const {
    if (oracle_.violation()) return true;
    return !oracle_.command_runs() && std::ranges::all_of(contenders_, [](const auto& contender) {
        return contender->state() == Contender::State::over;
    });
}

/// After each event.
void History::look() {
    revoke_when_wanted();
    lose_key_when_wanted();
    seen_grants_ = oracle_.grants();
    for (const auto& contender : contenders_) {
        Contender::State& seen = seen_[contender->index()];
        if (contender->state() == seen) continue;
        if (contender->state() == Contender::State::holding) check_order(*contender);
        if (contender->state() == Contender::State::over) check_leftovers(*contender);
        seen = contender->state();
    }
}

void History::check_order(const Contender& winner) {
    if (!plan_.calm || plan_.revocation) return;
    // A key that ends by its TTL does not end on all nodes at once, and whoever is granted one that has has left the
    // queue there before it can win.
    if (std::ranges::any_of(contenders_, [](const auto& one) { return one->process().disturbed() || one->kept(); }))
        return;
    // Each node believes a clock to a second; a wait is entered a few round trips after it began.
    const auto drifted = std::chrono::duration_cast<nanoseconds>(2 * plan_.terms.timing.drift_ratio * world_.now());
    const nanoseconds tolerance = drifted + milliseconds{plan_.clocks_agree ? 50 : 2050};
    // A slot is granted to the next in line before the one ahead knows of its own.
    const bool has_slot = winner.plan().kind.way == LockKind::Way::slots;
    for (const auto& other : contenders_)
        if (other->state() == Contender::State::waiting && other->plan().patience != milliseconds{0} &&
            !oracle_.leaves(other->run()) && !(has_slot && oracle_.has_grant(other->run())) &&
            (other->plan().kind != winner.plan().kind || winner.plan().kind.way != LockKind::Way::shared) &&
            other->plan().begins + tolerance < winner.plan().begins)
            oracle_.violated(Invariant::order,
                             fmt::format("run {} waits since {}, and run {}, which came at {}, wins", other->index(),
                                         text_of(other->plan().begins), winner.index(), text_of(winner.plan().begins)));
}

void History::check_leftovers(const Contender& gone) {
    if (!plan_.calm || gone.process().disturbed() || gone.token().empty() || gone.kept()) return;
    // What it has sent is under way.
    world_.after(2 * plan_.link.longest, [this, token = gone.token()] {
        for (const auto& server : servers_)
            for (const auto& holder : server->state().holders(server->time()))
                if (holder.text.starts_with(token + " "))
                    oracle_.violated(Invariant::i6,
                                     fmt::format("{} still stands on node {}, and is over", token, server->index()));
    });
}

void History::check_liveness() {
    if (over()) return;
    for (const auto& contender : contenders_)
        if (contender->state() != Contender::State::over)
            oracle_.violated(Invariant::i8, fmt::format("run {} is {} still", contender->index(),
                                                        contender->won_at() ? "holding" : "waiting"));
    if (!oracle_.violation()) oracle_.violated(Invariant::i8, "a command runs still");
}

} // namespace holdfast::sim
