// What clients leave on a node that hung while they tried, waited, won without it and gave up: nothing.
#include "base/random.hpp"
#include "lock/inspection.hpp"
#include "lock/waiter.hpp"
#include "support/redis_server.hpp"
#include "support/sole_lock.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <thread>

namespace holdfast::test::orphans_test {

using namespace std::chrono_literals;

namespace {

const LockKey key{"x", "holdfast:"};
const LockKey other{"y", "holdfast:"};
const Timing timing{30s, 0ms, 400ms};

SoleLock lock_on(RedisServers& servers, const LockKey& on = key) {
    return {NodeSet{servers.nodes(), timing.node_timeout}, on, {timing}, this_process("job", timing.ttl)};
}

/// A thread that waits for the lock until it is interrupted or has waited that long. When it has it, it holds it for
/// up to two node timeouts.
class Client {
  public:
    Client(RedisServers& servers, milliseconds limit, const LockKey& on)
        : stop_{make_event_fd()}, thread_{[this, &servers, limit, &on] {
              SoleLock lock = lock_on(servers, on);
              const auto met_somebody = [this](const Attempt&) { waits_ = true; };
              won_ = acquire(lock, {limit}, stop_.get(), met_somebody).outcome == Outcome::won;
              if (!won_) return;
              const BootTime end = BootClock::now() + random_up_to(2 * timing.node_timeout);
              while (BootClock::now() < end && lock.extend([] {}) == Renewal::held) lock.nodes().wait(end, -1);
              lock.release();
          }} {}
    bool waits() const { return waits_; }
    void interrupt() const {
        const uint64_t one = 1;
        REQUIRE(::write(stop_.get(), &one, sizeof one) == sizeof one);
    }
    bool won() {
        thread_.join();
        return won_;
    }

  private:
    Fd stop_;
    std::atomic<bool> waits_ = false;
    bool won_ = false;
    std::thread thread_;
};

using Clients = std::vector<std::unique_ptr<Client>>;

void start(Clients& clients, RedisServers& servers, int number, milliseconds limit, const LockKey& on = key) {
    for (int i = 0; i < number; ++i) clients.push_back(std::make_unique<Client>(servers, limit, on));
}

bool all_keys_gone(RedisServers& servers) {
    for (size_t i = 0; i < servers.size(); ++i)
        if (servers[i].text({"EXISTS", key.key(), other.key()}) != "0") return false;
    return true;
}

bool queue_empty_on(RedisServer& server) {
    NodeSet one{{server.node()}, patience};
    one.resolve();
    return inspect(one, key).queue.empty();
}

/// Fifty clients and one pause of a node. How many of them won without it.
int fifty_clients(RedisServers& servers, size_t hung) {
    SoleLock holder = lock_on(servers);
    holder.nodes().resolve();
    REQUIRE(holder.try_once().outcome == Outcome::won);
    Clients clients;
    // Those whose connections the node knows, and who stand in its queue; and those whom it will meet when it wakes.
    start(clients, servers, 20, patience);
    std::string waiting;
    const bool all_wait = eventually([&] { return (waiting = servers[hung].text({"ZCARD", key.queue()})) == "20"; });
    REQUIRE_MESSAGE(all_wait, waiting, " wait, and the lock is ", servers[hung].text({"GET", key.key()}));
    servers[hung].pause();
    start(clients, servers, 15, patience);
    start(clients, servers, 5, 300ms);
    start(clients, servers, 5, 0ms);
    start(clients, servers, 5, 0ms, other);
    CHECK(eventually([&] { return std::ranges::count_if(clients, [](auto& c) { return c->waits(); }) >= 35; }));
    holder.release();
    std::ranges::shuffle(clients, std::minstd_rand{std::random_device{}()});
    for (size_t i = 0; i < clients.size(); ++i) {
        if (i % 8 == 0) std::this_thread::sleep_for(300ms);
        clients[i]->interrupt();
    }
    int won = 0;
    for (auto& client : clients) won += client->won() ? 1 : 0;
    for (size_t i = 0; i < servers.size(); ++i)
        if (i != hung) CHECK(eventually([&] { return servers[i].text({"EXISTS", key.queue()}) == "0"; }));
    servers[hung].resume();
    return won;
}

void orphans_of(RedisServer::Listens listens) {
    for (size_t pause = 0; pause < 4; ++pause) {
        CAPTURE(pause);
        RedisServers servers{3, listens};
        CHECK(fifty_clients(servers, pause % 3) > 0);
        CHECK(eventually([&] { return all_keys_gone(servers); }, 5s));
        // A withdrawal may overtake the entry, which is dead after three seconds and two node timeouts.
        CHECK(eventually([&] { return queue_empty_on(servers[pause % 3]); }, 5s));
    }
}

} // namespace

TEST_CASE("200 clients of a node that hangs leave nothing on it, over Unix sockets") {
    orphans_of(RedisServer::Listens::unix_socket);
}

TEST_CASE("200 clients of a node that hangs leave nothing on it, over TCP") {
    orphans_of(RedisServer::Listens::loopback);
}

} // namespace holdfast::test::orphans_test
