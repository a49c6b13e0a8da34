// What a lock and a force-release write into a lock's history on real servers, by script and by transaction.
#include "lock/inspection.hpp"
#include "lock/lock.hpp"
#include "lock/operations/history.hpp"
#include "lock/revocation.hpp"
#include "support/redis_server.hpp"
#include "support/sole_lock.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <thread>

namespace holdfast::test::history_writing_test {

using namespace std::chrono_literals;

namespace {

const LockKey key{"x", "holdfast:"};
constexpr size_t entries = 100;

using Words = std::vector<std::string>;

template <Mode the_mode>
struct Way {
    static constexpr Mode mode = the_mode;
};
using ByScript = Way<Mode::scripts>;
using ByTransaction = Way<Mode::transactions>;

SoleLock lock_on(const RedisServer& server, Mode mode, milliseconds node_timeout) {
    const Timing timing{30s, 0ms, node_timeout};
    SoleLock lock{NodeSet{{server.node()}, timing.node_timeout},
                  key,
                  {.timing = timing, .restart_guard = {}, .mode = mode, .history = entries},
                  this_process("job", timing.ttl)};
    lock.nodes().resolve();
    return lock;
}

/// A node with a lock on it that was won with that node timeout. It looks at what was written by the connection that
/// wrote it, so that it sees all notes.
template <typename Way>
struct OneNode {
    milliseconds node_timeout = 5s;
    RedisServer server{};
    SoleLock lock = lock_on(server, Way::mode, node_timeout);

    void win() {
        REQUIRE(lock.try_once().outcome == Outcome::won);
        lock.note_start();
    }
    void end(RunEnd how) {
        lock.ended(std::move(how));
        lock.release();
    }
    void run(RunEnd how) {
        win();
        end(std::move(how));
    }
    Reply ask(const Request& request) {
        return lock.nodes().ask_all(request, {.deadline = BootClock::now() + patience})[0]->replies->front();
    }
    int64_t left(const std::string& of) { return ask({"PTTL", of}).integer; }
    std::string sum(std::string_view name) { return ask({"HGET", key.stats(), name}).text; }
    /// Name and value of each field, by entry.
    std::vector<Words> log() {
        std::vector<Words> all;
        for (const Reply& entry : ask({"XRANGE", key.log(), "-", "+"}).items) {
            all.emplace_back();
            for (const Reply& word : entry.items[1].items) all.back().push_back(word.text);
        }
        return all;
    }
    /// As `holdfast force-release` does, of the holder that there is.
    void take_away() {
        const Inspection seen = inspect(lock.nodes(), key);
        REQUIRE(seen.holders.size() == 1);
        REQUIRE(revoke(lock.nodes(), key, seen.holders[0].record, "because\nof that", Way::mode, entries).outcome ==
                Revocation::Outcome::revoked);
    }
};

} // namespace

TEST_CASE_TEMPLATE("a win and its end are written, with their sums, for as long as the fence number", Way, ByScript,
                   ByTransaction) {
    OneNode<Way> node;
    node.win();
    const std::string fence = fmt::format("{}", node.lock.fence().number);
    const Words start = node.log().at(0);
    CHECK(start[0] == "start");
    CHECK(start[1] == node.ask({"GET", key.key()}).text);
    CHECK(Words{start.begin() + 2, start.end()} == Words{"fence", fence, "waited", "0"});
    CHECK(node.sum("last_start") != "");
    node.end({How::ended, 3});
    const Words end = node.log().at(1);
    const std::string held = end.at(7);
    CHECK(end == Words{"end", node.lock.token().text(), "how", "ended", "fence", fence, "held", held, "status", "3"});
    CHECK(node.sum("acquired") == "1");
    CHECK(node.sum("failed") == "1");
    CHECK(node.sum("held_ms") == held);
    CHECK(node.sum("last_success") == "");
    node.run({How::ended, 0});
    CHECK(node.sum("last_success") != "");
    CHECK(node.sum("acquired") == "2");
    CHECK(node.sum("failed") == "1");
    for (const std::string& one : {key.log(), key.stats()}) CHECK(milliseconds{node.left(one)} > 89 * 24h);
}

TEST_CASE_TEMPLATE("an attempt in vain, and a win that is given back before a run begins, leave nothing", Way, ByScript,
                   ByTransaction) {
    OneNode<Way> node;
    REQUIRE(node.lock.try_once().outcome == Outcome::won);
    SoleLock other = lock_on(node.server, Way::mode, 5s);
    CHECK(other.try_once().outcome == Outcome::held);
    node.lock.release();
    CHECK(node.log().empty());
    CHECK(node.ask({"EXISTS", key.stats()}).integer == 0);
}

TEST_CASE_TEMPLATE("of a run whose command was not started the history says that", Way, ByScript, ByTransaction) {
    OneNode<Way> node;
    node.win();
    node.lock.release();
    CHECK(node.log().at(1).at(3) == "not_started");
    CHECK(node.sum("acquired") == "1");
    CHECK(node.sum("failed") == "");
    // What has been told once is not told again.
    node.lock.release();
    CHECK(node.log().size() == 2);
}

TEST_CASE_TEMPLATE("a hold that was taken away is told of by both, and counts once", Way, ByScript, ByTransaction) {
    OneNode<Way> node;
    node.win();
    node.take_away();
    CHECK(node.lock.extend([] {}) == Renewal::lost);
    node.end({How::lost, {}, 15, {}, "the nodes no longer grant it"});
    const std::vector<Words> log = node.log();
    REQUIRE(log.size() == 3);
    CHECK(log[1][3] == "taken");
    CHECK(log[1].back() == "because; of that");
    CHECK(log[2][3] == "taken");
    CHECK(std::ranges::count(log[2], "15") == 1);
    CHECK(node.sum("taken_away") == "1");
    CHECK(node.sum("lost") == "");
    CHECK(node.sum("held_ms") == log[1].at(5));
}

TEST_CASE_TEMPLATE("a hold that was taken away counts once, also if its command ends before the run hears of that", Way,
                   ByScript, ByTransaction) {
    OneNode<Way> node;
    node.win();
    node.take_away();
    SUBCASE("let go") { node.end({How::ended, 2}); }
    SUBCASE("kept") {
        node.lock.ended({How::ended, 2});
        node.lock.keep(9s);
    }
    const std::vector<Words> log = node.log();
    REQUIRE(log.size() == 3);
    CHECK(log[2][3] == "ended");
    CHECK(log[2].end()[-2] == "uncounted");
    CHECK(std::ranges::count(log[2], "kept") == 0);
    CHECK(node.sum("taken_away") == "1");
    CHECK(node.sum("failed") == "");
    CHECK(node.sum("held_ms") == log[1].at(5));
}

TEST_CASE_TEMPLATE("an end that nobody else has told counts, also if the key is gone", Way, ByScript, ByTransaction) {
    OneNode<Way> node;
    node.win();
    node.ask({"DEL", key.key()});
    node.end({How::ended, 2});
    CHECK(node.sum("failed") == "1");
    CHECK(node.sum("held_ms") == node.log().at(1).at(7));
}

TEST_CASE_TEMPLATE("where force-release has not reached a node, the holder counts that the lock was taken away", Way,
                   ByScript, ByTransaction) {
    OneNode<Way> node;
    node.win();
    node.end({How::taken_away, {}, 15, {}, "because"});
    CHECK(node.sum("taken_away") == "1");
    CHECK(node.sum("held_ms") == node.log().at(1).at(7));
}

TEST_CASE_TEMPLATE("a release that is tried again counts the end once", Way, ByScript, ByTransaction) {
    OneNode<Way> node{200ms};
    node.win();
    node.lock.ended({How::ended, 2});
    // A server that is stopped before it has answered the note of the win reads nothing more from that connection.
    node.ask({"PING"});
    node.server.pause();
    std::thread resumes{[&] {
        std::this_thread::sleep_for(300ms);
        node.server.resume();
    }};
    SUBCASE("let go") { CHECK(node.lock.release()); }
    SUBCASE("kept") { CHECK(node.lock.keep(9s)); }
    resumes.join();
    CHECK(node.sum("failed") == "1");
}

TEST_CASE_TEMPLATE("who takes a lock away that min_hold has begun to keep meanwhile counts no second end", Way,
                   ByScript, ByTransaction) {
    OneNode<Way> node;
    node.win();
    const Inspection seen = inspect(node.lock.nodes(), key);
    REQUIRE(seen.holders.size() == 1);
    node.lock.ended({How::ended, 2});
    CHECK(node.lock.keep(9s));
    CHECK(revoke(node.lock.nodes(), key, seen.holders[0].record, "", Way::mode, entries).outcome ==
          Revocation::Outcome::revoked);
    CHECK(node.log().at(2).at(3) == "taken");
    CHECK(node.sum("taken_away") == "");
    CHECK(node.sum("failed") == "1");
    CHECK(node.sum("held_ms") == node.log().at(1).at(7));
}

TEST_CASE_TEMPLATE("a hold that was lost counts as lost", Way, ByScript, ByTransaction) {
    OneNode<Way> node;
    node.win();
    node.ask({"DEL", key.key()});
    node.end({How::lost, {}, 9, {}, "no node answers"});
    CHECK(node.sum("lost") == "1");
    CHECK(node.log().at(1).back() == "no node answers");
}

TEST_CASE_TEMPLATE("a lock that is kept has its end written, and taken away it counts no second time", Way, ByScript,
                   ByTransaction) {
    OneNode<Way> node;
    node.win();
    node.lock.ended({How::ended, 0});
    CHECK(node.lock.keep(9s));
    const Words end = node.log().at(1);
    CHECK(Words{end.end() - 2, end.end()} == Words{"kept", "9000"});
    const std::string held = node.sum("held_ms");
    node.take_away();
    CHECK(node.log().at(2).at(3) == "taken");
    CHECK(node.sum("held_ms") == held);
    CHECK(node.sum("taken_away") == "");
}

TEST_CASE_TEMPLATE("a lock is taken and let go where nothing can be written into its history", Way, ByScript,
                   ByTransaction) {
    OneNode<Way> node;
    SUBCASE("the log is no stream") { node.ask({"SET", key.log(), "mine"}); }
    SUBCASE("the sums are no hash") { node.ask({"SET", key.stats(), "mine"}); }
    SUBCASE("a sum is no number") { node.ask({"HSET", key.stats(), "acquired", "many", "held_ms", "much"}); }
    SUBCASE("no sums may be added to") { node.ask({"ACL", "SETUSER", "default", "-hincrby"}); }
    node.win();
    node.lock.ended({How::ended, 0});
    CHECK(node.lock.release());
    CHECK(node.ask({"EXISTS", key.key()}).integer == 0);
    // -2: there is none.
    for (const std::string& one : {key.log(), key.stats()}) CHECK(node.left(one) != -1);
}

TEST_CASE_TEMPLATE("log and sums last 90 days after each entry", Way, ByScript, ByTransaction) {
    OneNode<Way> node;
    node.run({How::ended, 0});
    const auto outlast_the_fence_again = [&] {
        for (const std::string& one : {key.log(), key.stats()}) {
            CHECK(milliseconds{node.left(one)} >= 2159h + 59min);
            node.ask({"PEXPIRE", one, argument(2159h)});
        }
    };
    outlast_the_fence_again();
    node.win();
    outlast_the_fence_again();
    node.end({How::ended, 0});
    outlast_the_fence_again();
}

TEST_CASE("a server whose memory is full lets a lock go, by script, and what cannot be written is left out") {
    OneNode<ByScript> node;
    node.win();
    node.server.command({"CONFIG", "SET", "maxmemory", "1"});
    node.lock.ended({How::ended, 0});
    CHECK(node.lock.release());
    node.server.command({"CONFIG", "SET", "maxmemory", "0"});
    CHECK(node.log().size() == 1);
}

TEST_CASE("a node that hangs holds up neither the start nor the end, and is told of both later") {
    OneNode<ByScript> node;
    REQUIRE(node.lock.try_once().outcome == Outcome::won);
    node.server.pause();
    const BootTime began = BootClock::now();
    node.lock.note_start();
    CHECK(BootClock::now() - began < 1s);
    node.server.resume();
    node.end({How::ended, 0});
    CHECK(node.log().size() == 2);
}

TEST_CASE("a node keeps about as many entries as asked for, in less than 20 kB") {
    OneNode<ByScript> node;
    for (unsigned i = 1; i <= 300; ++i) node.run({How::ended, 0});
    CHECK(node.ask({"XLEN", key.log()}).integer >= 100);
    CHECK(node.ask({"XLEN", key.log()}).integer <= 150);
    CHECK(node.ask({"MEMORY", "USAGE", key.log()}).integer + node.ask({"MEMORY", "USAGE", key.stats()}).integer <=
          20'000);
}

} // namespace holdfast::test::history_writing_test
