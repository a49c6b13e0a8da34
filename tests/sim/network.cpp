#include "sim/network.hpp"

#include "sim/server.hpp"

#include <algorithm>

namespace holdfast::sim {

nanoseconds Link::delay(Rng& rng) const {
    return slow > 0 && rng.chance(slow) ? rng.between(longest, slowest) : rng.between(shortest, longest);
}

void Faults::add(const Faults& other) {
    lost_requests += other.lost_requests;
    lost_replies += other.lost_replies;
    lost_messages += other.lost_messages;
    slow += other.slow;
    late += other.late;
    stalls += other.stalls;
    hangs += other.hangs;
    restarts += other.restarts;
    amnesia += other.amnesia;
    stops += other.stops;
    kills += other.kills;
    revocations += other.revocations;
    interrupts += other.interrupts;
    keys_lost += other.keys_lost;
    full += other.full;
}

Socket::Socket(Process& process, Server& server, Link& link)
    : process_{process}, server_{server}, link_{link}, fd_{process.new_fd()} {}

std::shared_ptr<Socket> Socket::open(Process& process, Server& server, Link& link) {
    auto socket = std::make_shared<Socket>(process, server, link);
    socket->connect();
    return socket;
}

nanoseconds Socket::delay() {
    const nanoseconds delay = link_.delay(server_.world().rng);
    if (delay > link_.longest) ++server_.faults().slow;
    return delay;
}

void Socket::connect() {
    World& world = server_.world();
    if (link_.stalls(world.now())) {
        // The kernel asks again, less and less often.
        if (!link_.stall_loses) world.at(link_.stalls_until, [self = shared_from_this()] { self->connect(); });
        return;
    }
    world.after(delay(), [self = shared_from_this()] {
        if (!self->server_.up()) return self->arrive(Refused{}, self->delay());
        self->epoch_ = self->server_.epoch();
        self->server_.accept(self);
        self->arrive(Connected{}, self->delay());
    });
}

void Socket::close() { closed_ = true; }

void Socket::send(std::shared_ptr<const Task> task) {
    World& world = server_.world();
    if (!requests_lost_ && world.rng.chance(link_.loses_request)) {
        ++server_.faults().lost_requests;
        world.trace("{} -> node {}: the request is lost", process_.name(), server_.index());
        requests_lost_ = true;
    }
    const bool stalls = link_.stalls(world.now());
    if (stalls && link_.stall_loses) requests_lost_ = true;
    if (requests_lost_) return;
    const Instant sent = stalls ? link_.stalls_until : world.now();
    last_request_ = std::max(last_request_, sent + delay());
    world.at(last_request_, [self = shared_from_this(), task = std::move(task)] {
        if (self->closed_) ++self->server_.faults().late;
        self->server_.receive(self, task);
    });
}

void Socket::reply(Arrival arrival) {
    World& world = server_.world();
    if (!replies_lost_ && world.rng.chance(link_.loses_reply)) {
        ++server_.faults().lost_replies;
        world.trace("node {} -> {}: the reply is lost", server_.index(), process_.name());
        replies_lost_ = true;
    }
    arrive(std::move(arrival), delay());
}

void Socket::push(Message message) {
    // A hint, which a server may drop.
    if (server_.world().rng.chance(link_.loses_message)) {
        ++server_.faults().lost_messages;
        return;
    }
    arrive(Pushed{std::move(message)}, delay());
}

void Socket::arrive(Arrival arrival, nanoseconds delay) {
    World& world = server_.world();
    const bool stalls = link_.stalls(world.now());
    if (stalls && link_.stall_loses) replies_lost_ = true;
    if (replies_lost_ || closed_) return;
    const Instant sent = stalls ? link_.stalls_until : world.now();
    last_reply_ = std::max(last_reply_, sent + delay);
    world.at(last_reply_, [self = shared_from_this(), arrival = std::move(arrival)]() mutable {
        if (self->closed_ || self->process_.killed()) return;
        self->arrived_.push_back(std::move(arrival));
        self->process_.set_readable(self->fd_, true);
    });
}

std::optional<Arrival> Socket::read() {
    if (arrived_.empty()) return {};
    Arrival first = std::move(arrived_.front());
    arrived_.pop_front();
    if (arrived_.empty()) process_.set_readable(fd_, false);
    return first;
}

void Socket::break_off() { arrive(Broken{}, delay()); }

bool Socket::listens_to(const std::string& channel) const {
    return std::ranges::find(channels_, channel) != channels_.end();
}

} // namespace holdfast::sim
