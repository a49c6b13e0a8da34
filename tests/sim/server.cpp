#include "sim/server.hpp"

#include "sim/oracle.hpp"

#include <utility>

namespace holdfast::sim {

Server::Server(World& world, Oracle& oracle, Faults& faults, size_t index, Clock clock, LockKey key, bool remembers)
    : world_{world}, oracle_{oracle}, faults_{faults}, index_{index}, clock_{clock}, key_{std::move(key)},
      remembers_{remembers}, started_{-std::chrono::hours{24}} {}

void Server::hang_until(Instant until) {
    hangs_until_ = std::max(hangs_until_, until);
    ++faults_.hangs;
    world_.trace("node {} hangs until {}", index_, text_of(until));
    world_.at(until, [this] { go_on(); });
}

void Server::go_on() {
    if (hangs_until_ > world_.now()) return;
    for (const auto& [socket, task] : std::exchange(backlog_, {}))
        if (socket->epoch() == epoch_) execute(socket, *task);
}

void Server::full_until(Instant until) {
    full_until_ = std::max(full_until_, until);
    ++faults_.full;
    world_.trace("node {} is full until {}", index_, text_of(until));
}

void Server::lose_key(bool everything) {
    ++faults_.keys_lost;
    world_.trace("node {} loses {}", index_, everything ? "everything" : "the key");
    oracle_.loses_key(*this, everything);
    if (everything) state_ = {};
    else state_.remove_key();
}

void Server::die(nanoseconds down, bool forgets) {
    if (!up_) return;
    forgets = forgets && !remembers_;
    ++(forgets ? faults_.amnesia : faults_.restarts);
    world_.trace("node {} dies{}, and is back at {}", index_, forgets ? " and forgets" : "",
                 text_of(world_.now() + down));
    up_ = false;
    ++epoch_;
    backlog_.clear();
    hangs_until_ = world_.now();
    if (forgets) {
        oracle_.forgotten(*this);
        state_ = {};
    }
    for (const auto& socket : sockets_) socket->break_off();
    sockets_.clear();
    world_.after(down, [this] {
        up_ = true;
        started_ = world_.now();
    });
}

bool Server::set_if_free(const std::string& value, milliseconds lasts) {
    if (full_until_ > world_.now()) return false;
    const auto before = state_.holders(time());
    const bool set = state_.set_if_free(value, lasts, time());
    oracle_.changed(*this, before, value);
    return set;
}

void Server::delete_if(const std::string& value) {
    const auto before = state_.holders(time());
    state_.delete_if(value);
    oracle_.changed(*this, before, value);
}

void Server::accept(const std::shared_ptr<Socket>& socket) { sockets_.push_back(socket); }

void Server::receive(const std::shared_ptr<Socket>& socket, const std::shared_ptr<const Task>& task) {
    if (!up_ || socket->epoch() != epoch_) return;
    if (hangs_until_ > world_.now()) backlog_.emplace_back(socket, task);
    else execute(socket, *task);
}

Introduction Server::introduction() const {
    // Both of the server's whole seconds, as INFO has them.
    const auto since = std::chrono::floor<seconds>(clock_.at(started_));
    const seconds uptime = std::chrono::floor<seconds>(clock_.at(world_.now())) - since;
    Introduction introduction{.run_id = fmt::format("node {} life {}", index_, epoch_), .started = {}};
    // The process subtracts it from its own clock when it reads this.
    introduction.started = BootTime{uptime};
    return introduction;
}

void Server::execute(const std::shared_ptr<Socket>& socket, const Task& task) {
    if (std::holds_alternative<Greet>(task.what)) return socket->reply(introduction());
    if (const auto* listen = std::get_if<Listen>(&task.what)) {
        socket->listen(listen->channel);
        return socket->reply(std::make_shared<const NodeReply>(NodeReply{Verdict::done}));
    }
    if (std::holds_alternative<Ping>(task.what) || std::holds_alternative<Note>(task.what))
        return socket->reply(std::make_shared<const NodeReply>(NodeReply{Verdict::done}));
    const auto& operation = std::get<Operation>(task.what);
    if (full_until_ > world_.now() && NodeState::needs_memory(operation))
        return socket->reply(std::shared_ptr<const NodeReply>{});
    std::vector<Published> published;
    const auto before = state_.holders(time());
    const NodeReply reply = state_.apply(key_, operation, time(), published);
    oracle_.executed(*this, operation, reply, before);
    socket->reply(std::make_shared<const NodeReply>(reply));
    publish(published);
}

void Server::publish(const std::vector<Published>& published) {
    for (const auto& [channel, text] : published)
        for (const auto& socket : sockets_)
            if (socket->listens_to(channel)) socket->push({channel, text});
}

} // namespace holdfast::sim
