// Job in line over real servers: order, wake-ups, and what waiters leave behind.
#include "lock/inspection.hpp"
#include "lock/waiter.hpp"
#include "support/redis_server.hpp"
#include "support/sole_lock.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <thread>

namespace holdfast::test::waiting_test {

using namespace std::chrono_literals;

namespace {

const LockKey key{"x", "holdfast:"};

SoleLock lock_on(RedisServers& servers, Mode mode = Mode::scripts, const std::string& label = "job") {
    return {NodeSet{servers.nodes(), 1s}, key, {{30s, 0ms, 1s}, {}, mode}, this_process(label, 30s)};
}

SoleLock held_on(RedisServers& servers) {
    SoleLock lock = lock_on(servers);
    lock.nodes().resolve();
    REQUIRE(lock.try_once().outcome == Outcome::won);
    return lock;
}

Inspection look(RedisServers& servers) {
    NodeSet nodes{servers.nodes(), 1s};
    nodes.resolve();
    return inspect(nodes, key);
}

bool eventually_waiting(RedisServers& servers, size_t waiters) {
    return eventually([&] { return look(servers).queue.size() == waiters; });
}

/// A thread that waits for the lock, writes its name down when it has it, and lets go.
class Job {
  public:
    Job(RedisServers& servers, Mode mode, std::string name, std::vector<std::string>& order, std::mutex& mutex)
        : stop_{make_event_fd()}, thread_{[this, &servers, mode, name = std::move(name), &order, &mutex] {
              SoleLock lock = lock_on(servers, mode, name);
              const Attempt attempt = acquire(lock, {patience}, stop_.get(), [](const Attempt&) {});
              if (attempt.outcome != Outcome::won) return;
              {
                  const std::scoped_lock guard{mutex};
                  order.push_back(name);
              }
              lock.release();
          }} {}
    void interrupt() const {
        const uint64_t one = 1;
        REQUIRE(::write(stop_.get(), &one, sizeof one) == sizeof one);
    }
    void join() { thread_.join(); }

  private:
    Fd stop_;
    std::thread thread_;
};

} // namespace

TEST_CASE("those who wait get the lock in the order in which they came, without polling") {
    for (const size_t n : {1U, 3U, 5U})
        for (const Mode mode : {Mode::scripts, Mode::transactions}) {
            CAPTURE(n);
            CAPTURE(mode);
            RedisServers servers{n};
            SoleLock first = held_on(servers);
            std::vector<std::string> order;
            std::mutex mutex;
            std::vector<std::unique_ptr<Job>> waiters;
            std::vector<std::string> expected;
            for (int i = 0; i < 6; ++i) {
                expected.push_back(std::to_string(i));
                waiters.push_back(std::make_unique<Job>(servers, mode, expected.back(), order, mutex));
                REQUIRE(eventually_waiting(servers, waiters.size()));
                // Tickets count milliseconds, and of two that are the same none came first.
                std::this_thread::sleep_for(2ms);
            }
            const BootTime released = BootClock::now();
            CHECK(first.release());
            for (auto& waiter : waiters) waiter->join();
            CHECK(order == expected);
            // By polls once a second it would take five.
            CHECK(BootClock::now() - released < 3s);
            CHECK(look(servers).queue.empty());
        }
}

TEST_CASE("who gives up waiting is gone from every node, and the next in line is not held up") {
    RedisServers servers{3};
    SoleLock first = held_on(servers);
    std::vector<std::string> order;
    std::mutex mutex;
    Job impatient{servers, Mode::scripts, "impatient", order, mutex};
    REQUIRE(eventually_waiting(servers, 1));
    Job patient{servers, Mode::scripts, "patient", order, mutex};
    REQUIRE(eventually_waiting(servers, 2));
    impatient.interrupt();
    impatient.join();
    for (size_t i = 0; i < 3; ++i) CHECK(servers[i].text({"ZCARD", key.queue()}) == "1");
    first.release();
    patient.join();
    CHECK(order == std::vector<std::string>{"patient"});
}

TEST_CASE("with all messages dropped waiting still works") {
    RedisServers servers{1};
    servers[0].command({"ACL", "SETUSER", "default", "resetchannels"});
    SoleLock first = held_on(servers);
    std::vector<std::string> order;
    std::mutex mutex;
    Job waiter{servers, Mode::scripts, "deaf", order, mutex};
    REQUIRE(eventually_waiting(servers, 1));
    first.release();
    waiter.join();
    CHECK(order.size() == 1);
}

TEST_CASE("a waiter that died in front of others delays them for no more than three seconds and two node timeouts") {
    RedisServers servers{1};
    SoleLock first = held_on(servers);
    {
        SoleLock dead = lock_on(servers);
        dead.nodes().resolve();
        REQUIRE(dead.try_once({.wait = WaitBegin{}}).outcome == Outcome::held);
    }
    std::vector<std::string> order;
    std::mutex mutex;
    Job waiter{servers, Mode::scripts, "alive", order, mutex};
    REQUIRE(eventually_waiting(servers, 2));
    first.release();
    const BootTime released = BootClock::now();
    waiter.join();
    CHECK(order.size() == 1);
    CHECK(BootClock::now() - released < 5s + 500ms);
}

TEST_CASE("of fifty who try at once exactly one wins, each time, and the others say who has it") {
    for (const size_t n : {1U, 3U, 5U}) {
        CAPTURE(n);
        RedisServers servers{n};
        std::vector<Outcome> outcomes(50);
        std::vector<std::thread> threads;
        std::vector<SoleLock> locks;
        for (size_t i = 0; i < outcomes.size(); ++i) locks.push_back(lock_on(servers));
        for (size_t i = 0; i < outcomes.size(); ++i)
            threads.emplace_back([&, i] { outcomes[i] = acquire(locks[i], {0ms}, -1, [](const Attempt&) {}).outcome; });
        for (std::thread& thread : threads) thread.join();
        CHECK(std::ranges::count(outcomes, Outcome::won) == 1);
        CHECK(std::ranges::count(outcomes, Outcome::held) == 49);
    }
}

} // namespace holdfast::test::waiting_test
