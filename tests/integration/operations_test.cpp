// Each operation against a real server, one at a time.
#include "lock/operations.hpp"
#include "support/redis_server.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

namespace holdfast::test::operations_test {

using namespace std::chrono_literals;

namespace {

const LockKey key{"x", "holdfast:"};
const std::string run_a = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const std::string run_b = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const std::string run_c = "cccccccccccccccccccccccccccccccc";

Record record(const Token& token) { return Record::make(token, {"job", "me", "here", 1, 1ms, 30s}); }

milliseconds wall(const RedisServer& server) {
    const Reply time = server.command({"TIME"});
    return seconds{std::stoll(time.items[0].text)} + milliseconds{std::stoll(time.items[1].text) / 1000};
}

template <Mode the_way>
struct Server {
    RedisServer server{};
    NodeSet nodes{{server.node()}, 5s};
    Mode mode = the_way;

    Server() { nodes.resolve(); }
    tl::expected<NodeReply, NodeFailure> try_to(const Exchange& exchange) {
        const Answers answers =
            nodes.ask([&](size_t) { return exchange; }, {.enough = [](const Answers&) { return false; }});
        return holdfast::node_reply(*answers[0]);
    }
    NodeReply finish(const Exchange& exchange) {
        const auto told = try_to(exchange);
        REQUIRE_MESSAGE(told.has_value(), (told ? "" : told.error().text));
        return *told;
    }
    NodeReply ask(const Operation& operation) { return finish(exchange(key, operation, mode)); }
    NodeReply look() { return ask(Inspect{}); }

    NodeReply acquire_with(const Token& token, Fence proposal) {
        return ask(Acquire{token, record(token), 30s, proposal});
    }
    Verdict acquire(const Token& token) { return acquire_with(token, {}).verdict; }
    /// As one that has waited that long, by a clock that is right or is not.
    NodeReply wait(const std::string& run, milliseconds waited, milliseconds clock_is_wrong_by = 0ms,
                   milliseconds lasts = 10s) {
        const Token token{run, ++attempts};
        return ask(Acquire{token,
                           record(token),
                           30s,
                           {},
                           Waiting{entry(run), wall(server) - waited + clock_is_wrong_by, waited, lasts}});
    }
    Verdict extend(const Token& token) { return ask(Extend{token, record(token), 60s}).verdict; }
    Verdict restore(const Token& token, Fence fence = {}) {
        return ask(Restore{token, record(token), 30s, fence}).verdict;
    }
    NodeReply raise(const Token& token, int64_t to) { return ask(Raise{record(token), Fence{to}}); }
    Verdict release(const Token& token, bool void_too = false) { return ask(Release{token, "", void_too}).verdict; }
    Verdict withdraw(const std::string& run) { return ask(Withdraw{{run, attempts}, entry(run), false}).verdict; }
    Verdict revoke(const Token& token) { return ask(Revoke{record(token), "because"}).verdict; }
    milliseconds ttl() { return milliseconds{server.command({"PTTL", key.key()}).integer}; }
    std::string entry(const std::string& run) {
        return Record::of_waiter(run, {"job", "me", "here", 1, 1ms, 30s}).value;
    }

    unsigned attempts = 0;
};

using ByScript = Server<Mode::scripts>;
using ByTransaction = Server<Mode::transactions>;

} // namespace

TEST_CASE_TEMPLATE("a free lock is granted with its TTL and its record", OneNode, ByScript, ByTransaction) {
    OneNode node;
    const Token token{run_a, 1};
    CHECK(node.acquire(token) == Verdict::granted);
    CHECK(node.server.text({"GET", "holdfast:x"}) == record(token).value);
    CHECK(node.ttl() > 29s);
    CHECK(node.ttl() <= 30s);
}

TEST_CASE_TEMPLATE("a lock of another run is held, with its record and what is left of it", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    node.acquire({run_a, 1});
    const NodeReply told = node.acquire_with({run_b, 1}, {});
    CHECK(told.verdict == Verdict::held);
    CHECK(told.value == record({run_a, 1}).value);
    CHECK(told.ttl_left > 29s);
}

TEST_CASE_TEMPLATE("a later attempt of the same run replaces an earlier one, never the other way round", OneNode,
                   ByScript, ByTransaction) {
    OneNode node;
    CHECK(node.acquire({run_a, 9}) == Verdict::granted);
    CHECK(node.acquire({run_a, 10}) == Verdict::granted); // a comparison of texts would refuse this
    CHECK(node.acquire({run_a, 9}) == Verdict::held);
    CHECK(node.acquire({run_a, 10}) == Verdict::held);
}

TEST_CASE_TEMPLATE("only the holder's own record is extended, and nothing is created", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    CHECK(node.extend({run_a, 1}) == Verdict::missing);
    CHECK(node.server.text({"EXISTS", "holdfast:x"}) == "0");
    node.acquire({run_a, 1});
    CHECK(node.extend({run_b, 1}) == Verdict::taken);
    CHECK(node.extend({run_a, 2}) == Verdict::taken);
    CHECK(node.ttl() <= 30s);
    CHECK(node.extend({run_a, 1}) == Verdict::yours);
    CHECK(node.ttl() > 59s);
}

TEST_CASE_TEMPLATE("only the holder's own record is released", OneNode, ByScript, ByTransaction) {
    OneNode node;
    node.acquire({run_a, 2});
    CHECK(node.release({run_b, 2}) == Verdict::not_ours);
    CHECK(node.release({run_a, 1}) == Verdict::not_ours); // a late release of an earlier attempt
    CHECK(node.server.text({"EXISTS", "holdfast:x"}) == "1");
    CHECK(node.release({run_a, 2}) == Verdict::released);
    CHECK(node.server.text({"EXISTS", "holdfast:x"}) == "0");
    CHECK(node.release({run_a, 2}) == Verdict::not_ours);
}

TEST_CASE_TEMPLATE("a release takes along what an earlier attempt of its run has left", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    node.acquire({run_a, 9});
    CHECK(node.release({run_b, 10}) == Verdict::not_ours);
    CHECK(node.release({run_a, 10}) == Verdict::released);
    CHECK(node.server.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE_TEMPLATE("a request that arrives after its release with doubt does nothing", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    CHECK(node.release({run_a, 1}, true) == Verdict::not_ours);
    CHECK(node.acquire({run_a, 1}) == Verdict::revoked);
    CHECK(node.server.text({"EXISTS", "holdfast:x"}) == "0");
    CHECK(node.acquire({run_a, 2}) == Verdict::granted);
}

TEST_CASE_TEMPLATE("revoking takes away exactly the record that was shown", OneNode, ByScript, ByTransaction) {
    OneNode node;
    CHECK(node.revoke({run_a, 1}) == Verdict::free);
    node.acquire({run_b, 1});
    CHECK(node.revoke({run_a, 1}) == Verdict::changed);
    CHECK(node.server.text({"GET", "holdfast:x"}) == record({run_b, 1}).value);
    CHECK(node.revoke({run_b, 1}) == Verdict::revoked);
    CHECK(node.extend({run_b, 1}) == Verdict::revoked);
    CHECK(node.acquire({run_b, 1}) == Verdict::revoked);
    CHECK(node.acquire({run_a, 2}) == Verdict::granted);
}

TEST_CASE_TEMPLATE("a key of another type, or a string without TTL, is not a lock for any operation", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    node.server.command({"LPUSH", "holdfast:x", "1"});
    CHECK(node.acquire({run_a, 1}) == Verdict::not_a_lock);
    CHECK(node.extend({run_a, 1}) == Verdict::not_a_lock);
    CHECK(node.release({run_a, 1}) == Verdict::not_a_lock);
    CHECK(node.revoke({run_a, 1}) == Verdict::not_a_lock);
    CHECK(node.look().verdict == Verdict::not_a_lock);
    node.server.command({"DEL", "holdfast:x"});
    node.server.command({"SET", "holdfast:x", "forgotten"});
    CHECK(node.acquire({run_a, 2}) == Verdict::not_a_lock);
    CHECK(node.look().verdict == Verdict::not_a_lock);
    CHECK(node.server.text({"GET", "holdfast:x"}) == "forgotten");
}

TEST_CASE_TEMPLATE("any client's SET NX PX with a random value is a lock like ours", OneNode, ByScript, ByTransaction) {
    OneNode node;
    node.server.command({"SET", "holdfast:x", "550e8400-e29b", "NX", "PX", "10000"});
    CHECK(node.acquire({run_a, 1}) == Verdict::held);
    CHECK(node.look().value == "550e8400-e29b");
}

TEST_CASE("extend and release still work on a server whose memory is full, by script") {
    ByScript node;
    node.acquire({run_a, 1});
    node.server.command({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(node.extend({run_a, 1}) == Verdict::yours);
    CHECK(node.release({run_a, 1}, true) == Verdict::released);
    CHECK(node.server.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE_TEMPLATE("whatever is not one of our words is no vote, with its text kept", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    node.server.command({"CONFIG", "SET", "maxmemory", "1"});
    const Token token{run_a, 1};
    const auto full = node.try_to(exchange(key, Acquire{token, record(token), 30s, {}}, node.mode));
    REQUIRE_FALSE(full.has_value());
    CHECK(full.error().kind == NodeFailure::Kind::no_vote);
    CHECK(full.error().text.find("OOM") != std::string::npos);
    CHECK_FALSE(
        node_reply(*node.nodes.ask_all({"PING"}, {.enough = [](const Answers&) { return false; }})[0]).has_value());
}

TEST_CASE_TEMPLATE("who waits gets the lock in the order of the starts of their waits", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    node.acquire({run_a, 1});
    CHECK(node.wait(run_b, 5s).position == 1);
    CHECK(node.wait(run_c, 9s).position == 1);
    CHECK(node.wait(run_b, 5s).position == 2);
    CHECK(node.release({run_a, 1}) == Verdict::released);
    const NodeReply reserved = node.wait(run_b, 5s);
    CHECK(reserved.verdict == Verdict::reserved);
    CHECK(reserved.value == node.entry(run_c));
    CHECK(reserved.ttl_left > 8s);
    CHECK(reserved.position == 2);
    CHECK(node.acquire({run_a, 2}) == Verdict::reserved); // who does not wait comes after all who do
    CHECK(node.wait(run_c, 9s).verdict == Verdict::granted);
    CHECK(node.wait(run_b, 5s).position == 1);
    CHECK(node.look().queue.size() == 1);
}

TEST_CASE_TEMPLATE("what an earlier attempt left is dropped, also when others are ahead in the queue", OneNode,
                   ByScript, ByTransaction) {
    OneNode node;
    node.acquire({run_a, 1});
    node.wait(run_b, 5s);
    CHECK(node.acquire({run_a, 2}) == Verdict::reserved);
    CHECK(node.look().verdict == Verdict::free);
    node.acquire({run_a, 3});
    CHECK(node.wait(run_b, 5s).verdict == Verdict::granted);
    CHECK(node.wait(run_b, 5s).verdict == Verdict::granted);
    CHECK(node.look().value.starts_with(fmt::format("{}.{} ", run_b, node.attempts)));
}

TEST_CASE_TEMPLATE("a newcomer to the queue whose wait began first takes a free lock at once", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    node.acquire({run_a, 1});
    node.wait(run_b, 5s);
    node.release({run_a, 1});
    CHECK(node.wait(run_c, 20s).verdict == Verdict::granted);
}

TEST_CASE_TEMPLATE("a waiter that is heard of no more loses its place", OneNode, ByScript, ByTransaction) {
    OneNode node;
    node.acquire({run_a, 1});
    node.wait(run_b, 9s, 0ms, 0ms);
    node.wait(run_c, 5s);
    node.release({run_a, 1});
    CHECK(node.wait(run_c, 5s).verdict == Verdict::granted);
    CHECK(node.look().queue.empty());
    CHECK(node.server.text({"ZCARD", key.seen()}) == "0");
}

TEST_CASE_TEMPLATE("a release, a withdrawal and a lock taken away forget the waiters that are heard of no more",
                   OneNode, ByScript, ByTransaction) {
    for (const auto& lets_go : {+[](OneNode& node) {
                                    node.release({run_a, 1});
                                },
                                +[](OneNode& node) { node.withdraw(run_a); },
                                +[](OneNode& node) {
                                    node.revoke({run_a, 1});
                                }}) {
        OneNode node;
        node.acquire({run_a, 1});
        node.wait(run_b, 9s, 0ms, 0ms);
        node.wait(run_c, 5s);
        node.wait(run_b, 9s, 0ms, 0ms);
        lets_go(node);
        CHECK(node.server.text({"ZCARD", key.queue()}) == "1");
        CHECK(node.server.text({"ZCARD", key.seen()}) == "1");
        CHECK(node.look().queue.size() == 1);
    }
}

TEST_CASE_TEMPLATE("only in front of the first who is alive are waiters forgotten", OneNode, ByScript, ByTransaction) {
    OneNode node;
    node.acquire({run_a, 1});
    node.wait(run_c, 9s);
    node.wait(run_b, 5s, 0ms, 0ms);
    CHECK(node.wait(run_c, 9s).position == 1);
    CHECK(node.server.text({"ZCARD", key.queue()}) == "2");
    // Who comes back finds its place.
    node.wait(run_a, 3s);
    CHECK(node.wait(run_b, 1s).position == 2);
}

TEST_CASE_TEMPLATE("a server that has lost one of the two keys of a queue lets the next in", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    for (const std::string& lost : {key.seen(), key.queue()}) {
        CAPTURE(lost);
        node.acquire({run_a, 1});
        node.wait(run_b, 9s);
        node.wait(run_c, 5s);
        node.release({run_a, 1});
        node.server.command({"DEL", lost});
        CHECK(node.wait(run_c, 5s).verdict == Verdict::granted);
        CHECK(node.server.text({"EXISTS", key.queue()}) == "0");
        node.release({run_c, node.attempts});
    }
}

TEST_CASE_TEMPLATE("a free lock goes to who is alive behind many who are not", OneNode, ByScript, ByTransaction) {
    OneNode node;
    node.acquire({run_a, 1});
    const auto run = [](int i) { return fmt::format("{:032x}", i); };
    for (int i = 0; i < 40; ++i) node.wait(run(i), 99s - i * 1s);
    node.wait(run_b, 5s);
    // Whose place is the last went first.
    for (int i = 0; i < 40; ++i) node.server.command({"ZADD", key.seen(), std::to_string(40 - i), node.entry(run(i))});
    node.release({run_a, 1});
    CHECK(node.wait(run_b, 5s).verdict == Verdict::granted);
    CHECK(node.server.text({"EXISTS", key.queue()}) == "0");
}

TEST_CASE_TEMPLATE("who is forgotten keeps a free lock from nobody, however many wait", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    node.acquire({run_a, 1});
    const auto run = [](int i) { return fmt::format("{:032x}", i); };
    const auto wait = [&](int i) { return node.wait(run(i), 90s - i * 1s, 0ms, i == 0 ? 99s : 60s); };
    for (int i = 0; i <= 40; ++i) wait(i);
    // Also who is there behind entries that all end sooner is the first.
    node.release({run_a, 1});
    const NodeReply before = wait(7);
    CHECK(before.verdict == Verdict::reserved);
    CHECK(before.value == node.entry(run(0)));
    CHECK(before.ttl_left > 61s);
    CHECK(before.position == 8);
    // As a server does that lost the key and got it back from those who still wait.
    node.server.command({"ZREM", key.seen(), node.entry(run(0))});
    const NodeReply told = wait(7);
    CHECK(told.verdict == Verdict::reserved);
    CHECK(told.value == node.entry(run(1)));
    CHECK(told.ttl_left > 1s);
    CHECK(told.position == 7);
    CHECK(wait(1).verdict == Verdict::granted);
}

TEST_CASE_TEMPLATE("a clock that is wrong by minutes moves a waiter by a second at most", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    node.acquire({run_a, 1});
    node.wait(run_b, 5s, 2min);
    CHECK(node.wait(run_c, 3s).position == 2);
    node.withdraw(run_b);
    node.wait(run_b, 1s, -2min);
    CHECK(node.wait(run_c, 3s).position == 1);
}

TEST_CASE_TEMPLATE("who withdraws leaves neither a place in the queue nor a lock", OneNode, ByScript, ByTransaction) {
    OneNode node;
    node.acquire({run_a, 1});
    node.wait(run_b, 5s);
    CHECK(node.withdraw(run_b) == Verdict::done);
    CHECK(node.look().queue.empty());
    CHECK(node.look().verdict == Verdict::held);
    CHECK(node.withdraw(run_a) == Verdict::done);
    CHECK(node.look().verdict == Verdict::free);
}

TEST_CASE_TEMPLATE("whoever lets go tells the first who waits, and a holder hears that the lock was taken away",
                   OneNode, ByScript, ByTransaction) {
    OneNode node;
    node.acquire({run_a, 1});
    node.wait(run_b, 5s);
    node.wait(run_c, 3s);
    NodeSet ears{{node.server.node()}, 5s};
    ears.resolve();
    for (const std::string& channel : {key.turn_channel(run_b), key.turn_channel(run_c), key.revoked_channel()})
        ears.listen(channel);
    ears.ask_all({"PING"}, {.enough = [](const Answers&) { return false; }});
    const auto heard = [&](const std::string& channel, const std::string& text) {
        ears.wait(BootClock::now() + patience, -1);
        const std::vector<Message> messages = ears.take_messages();
        REQUIRE(messages.size() == 1);
        CHECK(messages.front().channel == channel);
        CHECK(messages.front().text == text);
    };
    ears.ask_all({"PING"}, {.enough = [](const Answers&) { return false; }});
    node.release({run_a, 1});
    heard(key.turn_channel(run_b), "");
    node.withdraw(run_b);
    heard(key.turn_channel(run_c), "");
    node.wait(run_c, 3s);
    node.revoke({run_c, node.attempts});
    heard(key.revoked_channel(), fmt::format("{}.{} because", run_c, node.attempts));
}

TEST_CASE_TEMPLATE("each grant accepts a larger fence number, near the node's own clock", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    const int64_t now = wall(node.server).count();
    const Fence first = node.acquire_with({run_a, 1}, {now}).fence;
    CHECK(first.number >= now);
    CHECK(first.number <= wall(node.server).count() + 1001);
    node.release({run_a, 1});
    CHECK(first.number % 2 == 0);
    CHECK(node.acquire_with({run_b, 1}, first).fence.number == first.number + 2);
    node.release({run_b, 1});
    const Fence far = node.acquire_with({run_a, 2}, {now + 3'600'000}).fence;
    CHECK(far.number > first.number + 1);
    CHECK(far.number <= wall(node.server).count() + 1001);
    CHECK(node.look().fence == far);
    node.server.command({"DEL", key.fence()});
    node.release({run_a, 2});
    CHECK(node.acquire_with({run_b, 2}, {0}).fence.number >= now - 1000);
    CHECK(std::stoll(node.server.text({"TTL", key.fence()})) > 89 * 86400);
}

TEST_CASE_TEMPLATE("a fence number grows beyond that of an earlier version, where none of ours is there", OneNode,
                   ByScript, ByTransaction) {
    OneNode node;
    const int64_t earlier = wall(node.server).count() + 3'600'000;
    node.server.command({"SET", "{holdfast:x}:fence", std::to_string(earlier)});
    CHECK(node.acquire_with({run_a, 1}, {0}).fence.number == next_fence({earlier}, false).number);
    node.release({run_a, 1});
    node.server.command({"SET", "{holdfast:x}:fence", std::to_string(earlier + 100)});
    CHECK(node.acquire_with({run_a, 2}, {0}).fence.number == next_fence({earlier + 2}, false).number);
    node.release({run_a, 2});
    // Who may not read it, or finds something else there, does without.
    node.server.command({"DEL", key.fence(), "{holdfast:x}:fence"});
    node.server.command({"LPUSH", "{holdfast:x}:fence", "1"});
    const Fence fresh = node.acquire_with({run_a, 3}, {0}).fence;
    CHECK(fresh.number > 0);
    CHECK(fresh.number < earlier);
}

TEST_CASE_TEMPLATE("a fence number is raised only for the record that holds the lock, and only upwards", OneNode,
                   ByScript, ByTransaction) {
    OneNode node;
    const int64_t at = node.acquire_with({run_a, 1}, {wall(node.server).count()}).fence.number;
    CHECK(node.raise({run_b, 1}, at + 5).verdict == Verdict::not_ours);
    CHECK(node.raise({run_a, 1}, at + 5).verdict == Verdict::raised);
    const NodeReply refused = node.raise({run_a, 1}, at + 5);
    CHECK(refused.verdict == Verdict::refused);
    CHECK(refused.fence.number == at + 5);
    CHECK(node.look().fence.number == at + 5);
}

TEST_CASE_TEMPLATE("a forgotten lock is put back, but not over another and not when its token is void", OneNode,
                   ByScript, ByTransaction) {
    OneNode node;
    CHECK(node.restore({run_a, 1}, {7}) == Verdict::yours);
    CHECK(node.server.text({"GET", "holdfast:x"}) == record({run_a, 1}).value);
    CHECK(node.look().fence.number == 7);
    CHECK(node.restore({run_b, 1}) == Verdict::taken);
    node.revoke({run_a, 1});
    CHECK(node.restore({run_a, 1}) == Verdict::revoked);
    CHECK(node.look().verdict == Verdict::free);
}

TEST_CASE("a server that refuses scripts is asked by transactions from then on") {
    for (const char* refusal : {"-eval", "+@all"}) {
        CAPTURE(refusal);
        ByScript node;
        node.server.command({"ACL", "SETUSER", "default", refusal});
        const bool refuses = std::string{refusal} == "-eval";
        CHECK(node.acquire({run_a, 1}) == Verdict::granted);
        CHECK((node.mode == Mode::transactions) == refuses);
        CHECK(node.release({run_a, 1}) == Verdict::released);
    }
}

namespace {

/// A node whose lock a run had that started `age` ago and succeeded; how that was written.
struct Marked : ByScript {
    NodeReply succeed(const std::string& run, milliseconds age, milliseconds left) {
        const Token token{run, 1};
        acquire(token);
        return ask(Release{token, "", false, {}, Success{record(token), age, left}});
    }
    Verdict once_in(milliseconds duration) {
        const Token token{run_c, 1};
        const NodeReply told = ask(Acquire{token, record(token), 30s, {}, {}, {}, duration});
        if (told.verdict == Verdict::granted) release(token);
        return told.verdict;
    }
    Success last() {
        const auto success = look().success;
        REQUIRE(success);
        return *success;
    }
};

} // namespace

TEST_CASE("a mark is written with the release, and its age is compared with what each run asks for") {
    Marked node;
    CHECK(node.once_in(1h) == Verdict::granted);
    CHECK(node.succeed(run_a, 10min, 50min).marked);
    CHECK(node.server.text({"EXISTS", "holdfast:x"}) == "0");
    CHECK(node.last().record == record({run_a, 1}));
    CHECK(node.last().age >= 10min);
    CHECK(node.last().left <= 50min);
    CHECK(node.once_in(10min) == Verdict::granted); // it is older
    CHECK(node.once_in(11min) == Verdict::skipped);
    CHECK(node.once_in(30 * 24h) == Verdict::skipped);
}

TEST_CASE("a mark is never shortened, and of two successes the later one counts") {
    Marked node;
    node.succeed(run_a, 60min, 100min);
    node.succeed(run_b, 1min, 1min); // later, and for a shorter time
    CHECK(node.last().record == record({run_b, 1}));
    CHECK(node.last().age < 2min);
    CHECK(node.last().left > 99min);
    node.succeed(run_a, 60min, 200min); // a release that comes late, and counts for longer
    CHECK(node.last().record == record({run_b, 1}));
    CHECK(node.last().age < 2min);
    CHECK(node.last().left > 199min);
}

TEST_CASE("no mark is written where the lock was taken away, though its holder has not heard of it") {
    Marked node;
    const Success success{record({run_a, 1}), 0ms, 1h};
    node.acquire({run_a, 1});
    node.revoke({run_a, 1});
    CHECK_FALSE(node.ask(Release{{run_a, 1}, "", false, {}, success}).marked);
    CHECK_FALSE(node.ask(Extend{{run_a, 1}, record({run_a, 1}), 9s, {}, "", success}).marked);
    CHECK_FALSE(node.look().success);
}

TEST_CASE("a mark is written where the key is gone, and not where another run holds the lock") {
    Marked node;
    const Success success{record({run_a, 1}), 0ms, 1h};
    CHECK(node.ask(Release{{run_a, 1}, "", false, {}, success}).marked);
    CHECK(node.ask(Extend{{run_a, 1}, record({run_a, 1}), 9s, {}, "", success}).marked);
    node.ask(Forget{});
    node.acquire({run_b, 1});
    CHECK_FALSE(node.ask(Release{{run_a, 1}, "", false, {}, success}).marked);
    CHECK_FALSE(node.ask(Extend{{run_a, 1}, record({run_a, 1}), 9s, {}, "", success}).marked);
    CHECK_FALSE(node.look().success);
}

TEST_CASE("a run without --once-in sends nothing of a mark") {
    const Token token{run_a, 1};
    for (const ScriptCall& call :
         {Acquire{token, record(token), 30s, {}}.script(key), Release{token, "", false}.script(key),
          Extend{token, record(token), 30s}.script(key), Withdraw{token, "", false}.script(key)})
        CHECK(call.by_text().bytes().find("DONE") == std::string::npos);
}

TEST_CASE("a release that finds only a slot of an earlier attempt gives it up, and tells the next that it is free") {
    ByScript node;
    const auto slot = [](const char* number) { return Seat{{LockKind::Way::slots, 2}, number}; };
    const auto take = [&](const Token& token, const char* number) {
        return node.ask(Acquire{token, record(token), 30s, {}, {}, slot(number)}).verdict;
    };
    REQUIRE(take({run_a, 1}, "2") == Verdict::granted);
    REQUIRE(take({run_b, 1}, "1") == Verdict::granted);
    node.nodes.listen(key.turn_channel(run_c));
    node.wait(run_c, 1s);
    REQUIRE(eventually([&] { return node.look().waiting == 1 && node.nodes[0].listening(); }));
    CHECK(node.ask(Release{{run_a, 2}, "", false, slot("1")}).verdict == Verdict::not_ours);
    CHECK(node.look().members.size() == 1);
    std::vector<Message> told = node.nodes.take_messages();
    if (told.empty()) node.nodes.wait(BootClock::now() + patience, -1);
    if (told.empty()) told = node.nodes.take_messages();
    REQUIRE(told.size() == 1);
    CHECK(told.front().channel == key.turn_channel(run_c));
    CHECK(told.front().text == "2");
}

TEST_CASE("however many that waited to share a lock have ended, one that lives gets it") {
    ByScript node;
    for (int i = 1; i <= 150; ++i) {
        const std::string ended = fmt::format("{:032x} {{\"kind\":\"shared\"}}", i);
        node.server.command({"ZADD", key.queue(), fmt::format("{}", i), ended});
        node.server.command({"ZADD", key.seen(), "1", ended});
    }
    const auto tries = [&](unsigned attempt) {
        const Token token{run_a, attempt};
        return node
            .ask(Acquire{token,
                         record(token),
                         30s,
                         {},
                         Waiting{node.entry(run_a), wall(node.server), 0ms, 10s},
                         Seat{{LockKind::Way::shared}, run_a}})
            .verdict;
    };
    // Each try looks at a hundred places, and makes room for the next.
    CHECK((tries(1) == Verdict::granted || tries(2) == Verdict::granted));
}

TEST_CASE("where a transaction is refused nothing is done without it") {
    for (const char* refusal : {"-multi", "-watch"}) {
        CAPTURE(refusal);
        ByTransaction node;
        CHECK(node.acquire({run_a, 1}) == Verdict::granted);
        node.server.command({"ACL", "SETUSER", "default", refusal});
        const auto refused = [&](const Operation& operation) {
            const auto answer = node.try_to(exchange(key, operation, node.mode));
            return !answer && answer.error().kind == NodeFailure::Kind::denied;
        };
        CHECK(refused(Release{{run_a, 1}, "", false}));
        CHECK(refused(Withdraw{{run_a, 2}, node.entry(run_a), false}));
        CHECK(refused(Revoke{record({run_a, 1}), "because"}));
        CHECK(node.server.text({"GET", "holdfast:x"}) == record({run_a, 1}).value);
        node.server.command({"DEL", "holdfast:x"});
        CHECK(refused(Acquire{{run_b, 1}, record({run_b, 1}), 30s, {1}}));
        CHECK(refused(Restore{{run_b, 1}, record({run_b, 1}), 30s, {1}}));
        CHECK(node.server.text({"EXISTS", "holdfast:x"}) == "0");
    }
}

TEST_CASE_TEMPLATE("a command or a key that our user may not use denies, and is not waited for", OneNode, ByScript,
                   ByTransaction) {
    for (const char* lacking : {"-set", "resetkeys"}) {
        CAPTURE(lacking);
        OneNode node;
        node.server.command({"ACL", "SETUSER", "default", lacking});
        const auto answer = node.try_to(exchange(key, Acquire{{run_a, 1}, record({run_a, 1}), 30s, {}}, node.mode));
        REQUIRE_FALSE(answer.has_value());
        CAPTURE(answer.error().text);
        CHECK(answer.error().kind == NodeFailure::Kind::denied);
    }
}

} // namespace holdfast::test::operations_test
