// Each operation against a real server, one at a time.
#include "lock/operations.hpp"
#include "support/redis_server.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace holdfast;
using namespace holdfast::test;
using namespace std::chrono_literals;

namespace {

const LockKey key{"x", "holdfast:"};
const std::string run_a = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const std::string run_b = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

Record record(const Token& token) { return Record::make(token, {"job", "me", "here", 1, 1ms, 30s}); }

struct OneNode {
    RedisServer server{};
    NodeSet nodes{{server.node()}, 5s};

    OneNode() { nodes.resolve(); }
    Said ask(const Request& request) {
        const Answers answers = nodes.ask_all(request, {.enough = [](const Answers&) { return false; }});
        const auto said = holdfast::said(*answers[0]);
        REQUIRE_MESSAGE(said.has_value(), (said ? "" : said.error().text));
        return *said;
    }
    Word acquire(const Token& token) { return ask(acquire_request(key, token, record(token), 30s)).word; }
    Word extend(const Token& token) { return ask(extend_request(key, token, record(token), 60s)).word; }
    Word release(const Token& token, bool void_too = false) {
        return ask(release_request(key, token, record(token), void_too)).word;
    }
    Word revoke(const Token& token) { return ask(revoke_request(key, record(token))).word; }
    milliseconds ttl() { return milliseconds{server.command({"PTTL", key.key()}).integer}; }
};

} // namespace

TEST_CASE("a free lock is granted with its TTL and its record") {
    OneNode node;
    const Token token{run_a, 1};
    CHECK(node.acquire(token) == Word::granted);
    CHECK(node.server.text({"GET", "holdfast:x"}) == record(token).value);
    CHECK(node.ttl() > 29s);
    CHECK(node.ttl() <= 30s);
}

TEST_CASE("a lock of another run is held, with its record and what is left of it") {
    OneNode node;
    node.acquire({run_a, 1});
    const Said said = node.ask(acquire_request(key, {run_b, 1}, record({run_b, 1}), 30s));
    CHECK(said.word == Word::held);
    CHECK(said.value == record({run_a, 1}).value);
    CHECK(said.ttl_left > 29s);
}

TEST_CASE("a later attempt of the same run replaces an earlier one, never the other way round") {
    OneNode node;
    CHECK(node.acquire({run_a, 9}) == Word::granted);
    CHECK(node.acquire({run_a, 10}) == Word::granted); // a comparison of texts would refuse this
    CHECK(node.acquire({run_a, 9}) == Word::held);
    CHECK(node.acquire({run_a, 10}) == Word::held);
}

TEST_CASE("only the holder's own record is extended, and nothing is created") {
    OneNode node;
    CHECK(node.extend({run_a, 1}) == Word::missing);
    CHECK(node.server.text({"EXISTS", "holdfast:x"}) == "0");
    node.acquire({run_a, 1});
    CHECK(node.extend({run_b, 1}) == Word::taken);
    CHECK(node.extend({run_a, 2}) == Word::taken);
    CHECK(node.ttl() <= 30s);
    CHECK(node.extend({run_a, 1}) == Word::yours);
    CHECK(node.ttl() > 59s);
}

TEST_CASE("only the holder's own record is released") {
    OneNode node;
    node.acquire({run_a, 2});
    CHECK(node.release({run_b, 2}) == Word::not_ours);
    CHECK(node.release({run_a, 1}) == Word::not_ours); // a late release of an earlier attempt
    CHECK(node.server.text({"EXISTS", "holdfast:x"}) == "1");
    CHECK(node.release({run_a, 2}) == Word::released);
    CHECK(node.server.text({"DBSIZE"}) == "0");
    CHECK(node.release({run_a, 2}) == Word::not_ours);
}

TEST_CASE("a request that arrives after its release with doubt does nothing") {
    OneNode node;
    CHECK(node.release({run_a, 1}, true) == Word::not_ours);
    CHECK(node.acquire({run_a, 1}) == Word::revoked);
    CHECK(node.server.text({"EXISTS", "holdfast:x"}) == "0");
    CHECK(node.acquire({run_a, 2}) == Word::granted);
}

TEST_CASE("revoking takes away exactly the record that was shown") {
    OneNode node;
    CHECK(node.revoke({run_a, 1}) == Word::free);
    node.acquire({run_b, 1});
    CHECK(node.revoke({run_a, 1}) == Word::changed);
    CHECK(node.server.text({"GET", "holdfast:x"}) == record({run_b, 1}).value);
    CHECK(node.revoke({run_b, 1}) == Word::revoked);
    CHECK(node.extend({run_b, 1}) == Word::revoked);
    CHECK(node.acquire({run_b, 1}) == Word::revoked);
    CHECK(node.acquire({run_a, 2}) == Word::granted);
}

TEST_CASE("a key of another type, or a string without TTL, is not a lock for any operation") {
    OneNode node;
    node.server.command({"LPUSH", "holdfast:x", "1"});
    CHECK(node.acquire({run_a, 1}) == Word::not_a_lock);
    CHECK(node.extend({run_a, 1}) == Word::not_a_lock);
    CHECK(node.release({run_a, 1}) == Word::not_a_lock);
    CHECK(node.revoke({run_a, 1}) == Word::not_a_lock);
    CHECK(node.ask(inspect_request(key)).word == Word::not_a_lock);
    node.server.command({"DEL", "holdfast:x"});
    node.server.command({"SET", "holdfast:x", "forgotten"});
    CHECK(node.acquire({run_a, 1}) == Word::not_a_lock);
    CHECK(node.ask(inspect_request(key)).word == Word::not_a_lock);
    CHECK(node.server.text({"GET", "holdfast:x"}) == "forgotten");
}

TEST_CASE("any client's SET NX PX with a random value is a lock like ours") {
    OneNode node;
    node.server.command({"SET", "holdfast:x", "550e8400-e29b", "NX", "PX", "10000"});
    CHECK(node.acquire({run_a, 1}) == Word::held);
    CHECK(node.ask(inspect_request(key)).value == "550e8400-e29b");
}

TEST_CASE("extend and release still work on a server whose memory is full") {
    OneNode node;
    node.acquire({run_a, 1});
    node.server.command({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(node.extend({run_a, 1}) == Word::yours);
    CHECK(node.release({run_a, 1}, true) == Word::released);
    CHECK(node.server.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("whatever is not one of our words is no vote, with its text kept") {
    OneNode node;
    node.server.command({"CONFIG", "SET", "maxmemory", "1"});
    const Token token{run_a, 1};
    const Answers answers = node.nodes.ask_all(acquire_request(key, token, record(token), 30s),
                                               {.enough = [](const Answers&) { return false; }});
    const auto full = said(*answers[0]);
    REQUIRE_FALSE(full.has_value());
    CHECK(full.error().kind == NodeFailure::Kind::no_vote);
    CHECK(full.error().text.find("OOM") != std::string::npos);
    CHECK_FALSE(said(*node.nodes.ask_all({"PING"}, {.enough = [](const Answers&) { return false; }})[0]).has_value());
}
