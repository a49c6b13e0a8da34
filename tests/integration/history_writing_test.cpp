// What the operations write into a lock's history, on real servers, by script and by transaction.
#include "lock/operations.hpp"
#include "support/redis_server.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

namespace holdfast::test::history_writing_test {

using namespace std::chrono_literals;

namespace {

const LockKey key{"x", "holdfast:"};
constexpr size_t entries = 100;

Token token(unsigned number) { return {fmt::format("{:032x}", number), 1}; }
Record record(const Token& token) { return Record::make(token, {"job", "me", "here", 1, 1ms, 30s}); }
/// What min_hold makes of that record when the command has ended.
Record kept_record(const Token& token) {
    Holder holder = *record(token).holder;
    holder.ended = 2ms;
    return Record::make(token, holder);
}
EndEntry end(RunEnd how) { return {std::move(how), Fence{4}, 5ms, 70ms, entries}; }

template <Mode the_way>
struct Server {
    RedisServer server{};
    NodeSet nodes{{server.node()}, 5s};
    Mode mode = the_way;

    Server() { nodes.resolve(); }
    Answer answer(const Operation& operation) {
        return *nodes.ask([&](size_t) { return exchange(key, operation, mode); },
                          {.enough = [](const Answers&) { return false; }})[0];
    }
    Verdict ask(const Operation& operation) {
        const auto reply = node_reply(answer(operation));
        REQUIRE_MESSAGE(reply.has_value(), (reply ? "" : reply.error().text));
        return reply->verdict;
    }
    Verdict take(const Token& token) { return ask(Acquire{token, record(token), 30s, {}, {}, {}, {}, entries}); }
    Verdict let_go(const Token& token, RunEnd how) {
        return ask(Release{token, "", false, {}, {}, end(std::move(how))});
    }
    /// Name and value of each field, of all entries in a row.
    std::vector<std::string> log() const {
        std::vector<std::string> words;
        for (const Reply& entry : server.command({"XRANGE", key.log(), "-", "+"}).items)
            for (const Reply& word : entry.items[1].items) words.push_back(word.text);
        return words;
    }
    std::string sum(std::string_view name) const { return server.text({"HGET", key.stats(), name}); }
};

using ByScript = Server<Mode::scripts>;
using ByTransaction = Server<Mode::transactions>;

} // namespace

TEST_CASE_TEMPLATE("a grant and its end are written, with their sums, for as long as the fence number", OneNode,
                   ByScript, ByTransaction) {
    OneNode node;
    CHECK(node.take(token(1)) == Verdict::granted);
    const std::string fence = node.server.text({"GET", key.fence()});
    CHECK(node.log() == std::vector<std::string>{"start", record(token(1)).value, "fence", fence, "waited", "0"});
    CHECK(node.let_go(token(1), {How::ended, 3}) == Verdict::released);
    const std::vector<std::string> words = node.log();
    CHECK(std::vector<std::string>{words.begin() + 6, words.end()} ==
          std::vector<std::string>{"end", token(1).text(), "how", "ended", "fence", "4", "held", "70", "status", "3"});
    CHECK(node.sum("acquired") == "1");
    CHECK(node.sum("failed") == "1");
    CHECK(node.sum("held_ms") == "70");
    CHECK(node.sum("waited_ms") == "5");
    CHECK(node.sum("last_success") == "(nil)");
    CHECK(node.sum("last_start") != "(nil)");
    CHECK(node.take(token(2)) == Verdict::granted);
    CHECK(node.let_go(token(2), {How::ended, 0}) == Verdict::released);
    CHECK(node.sum("last_success") != "(nil)");
    CHECK(node.sum("held_ms") == "140");
    for (const std::string& one : {key.log(), key.stats()})
        CHECK(milliseconds{node.server.command({"PTTL", one}).integer} > 89 * 24h);
}

TEST_CASE_TEMPLATE("a grant that was no win leaves neither a sum nor an entry", OneNode, ByScript, ByTransaction) {
    OneNode node;
    node.take(token(1));
    CHECK(node.let_go(token(1), {How::undone}) == Verdict::released);
    CHECK(node.sum("acquired") == "0");
    CHECK(node.sum("last_start") == "(nil)");
    CHECK(node.log().empty());
    // Nothing was granted, so nothing is undone.
    CHECK(node.let_go(token(2), {How::undone}) == Verdict::not_ours);
    CHECK(node.sum("acquired") == "0");
    // Sums that were deleted meanwhile, and are made anew, do not stay for ever.
    node.take(token(3));
    node.server.command({"DEL", key.stats()});
    node.let_go(token(3), {How::undone});
    CHECK(milliseconds{node.server.command({"PTTL", key.stats()}).integer} > 89 * 24h);
}

TEST_CASE_TEMPLATE("how a hold ended is written where the key is no longer ours, by script", OneNode, ByScript) {
    OneNode node;
    node.take(token(1));
    Revoke revoke{record(token(1)), "because\nof that"};
    revoke.end = end({How::taken_away, {}, {}, {}, revoke.words});
    CHECK(node.ask(revoke) == Verdict::revoked);
    CHECK(node.let_go(token(1), {How::taken_away, {}, 15, {}, "because"}) == Verdict::not_ours);
    const std::vector<std::string> words = node.log();
    CHECK(std::set<std::string>(words.begin(), words.end()).contains("because; of that"));
    CHECK(std::ranges::count(words, token(1).text()) == 2);
    // The holder's own word on it counts no second time.
    CHECK(node.sum("taken_away") == "1");
    CHECK(node.sum("held_ms") == "70");
    CHECK(node.let_go(token(3), {How::lost, {}, 9, {}, "no node answers"}) == Verdict::not_ours);
    CHECK(node.let_go(token(3), {How::lost, {}, 9, {}, "no node answers"}) == Verdict::not_ours);
    CHECK(node.sum("lost") == "1");
}

TEST_CASE_TEMPLATE("a lock that is kept has its end written, and how long it stays", OneNode, ByScript, ByTransaction) {
    OneNode node;
    node.take(token(1));
    EndEntry kept = end({How::ended, 0});
    kept.end.kept = 9s;
    CHECK(node.ask(Extend{token(1), record(token(1)), 9s, {}, "", {}, kept}) == Verdict::yours);
    const std::vector<std::string> words = node.log();
    REQUIRE(words.size() == 18);
    CHECK(words[16] == "kept");
    CHECK(words[17] == "9000");
}

TEST_CASE_TEMPLATE("a lock is taken and let go where nothing can be written into its history", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    SUBCASE("the log is no stream") { node.server.command({"SET", key.log(), "mine"}); }
    SUBCASE("the sums are no hash") { node.server.command({"SET", key.stats(), "mine"}); }
    SUBCASE("a sum is no number") { node.server.command({"HSET", key.stats(), "acquired", "many", "held_ms", "much"}); }
    SUBCASE("no sums may be added to") { node.server.command({"ACL", "SETUSER", "default", "-hincrby"}); }
    CHECK(node.take(token(1)) == Verdict::granted);
    CHECK(node.let_go(token(1), {How::ended, 0}) == Verdict::released);
    CHECK(node.server.text({"EXISTS", key.key()}) == "0");
    if (node.server.text({"TYPE", key.log()}) == "stream") CHECK(node.server.command({"PTTL", key.log()}).integer > 0);
    // -2: there are none.
    if (node.server.text({"TYPE", key.stats()}) == "hash")
        CHECK(node.server.command({"PTTL", key.stats()}).integer != -1);
}

TEST_CASE_TEMPLATE("log and sums last 90 days after each entry", OneNode, ByScript, ByTransaction) {
    OneNode node;
    node.take(token(1));
    node.let_go(token(1), {How::ended, 0});
    for (const std::string& one : {key.log(), key.stats()}) node.server.command({"PEXPIRE", one, argument(2159h)});
    node.take(token(2));
    for (const std::string& one : {key.log(), key.stats()}) {
        CHECK(milliseconds{node.server.command({"PTTL", one}).integer} >= 2160h);
        node.server.command({"PEXPIRE", one, argument(2159h)});
    }
    node.let_go(token(2), {How::ended, 0});
    for (const std::string& one : {key.log(), key.stats()})
        CHECK(milliseconds{node.server.command({"PTTL", one}).integer} >= 2160h);
}

TEST_CASE_TEMPLATE("a lock that is kept since it was looked at is taken away, and counts no second time", OneNode,
                   ByScript, ByTransaction) {
    OneNode node;
    node.take(token(1));
    const Record kept = kept_record(token(1));
    CHECK(node.ask(Extend{token(1), record(token(1)), 9s, {}, "", {}, end({How::ended, 0}), kept}) == Verdict::yours);
    CHECK(node.server.text({"GET", key.key()}) == kept.value);
    // A copy of the request.
    CHECK(node.ask(Extend{token(1), record(token(1)), 9s, {}, "", {}, {}, kept}) == Verdict::yours);
    Revoke revoke{record(token(1)), "because"};
    revoke.end = end({How::taken_away, {}, {}, {}, revoke.words});
    CHECK(node.ask(revoke) == Verdict::revoked);
    CHECK(node.server.text({"EXISTS", key.key()}) == "0");
    if (node.mode != Mode::transactions) CHECK(node.sum("held_ms") == "70");
    // There is nothing left to take away, and so nothing to tell.
    const size_t before = node.log().size();
    CHECK(node.ask(revoke) == Verdict::free);
    CHECK(node.log().size() == before);
}

TEST_CASE_TEMPLATE("a node that has missed that a lock is kept lets it be taken away with the others", OneNode,
                   ByScript, ByTransaction) {
    OneNode node;
    node.take(token(1));
    CHECK(node.ask(Revoke{kept_record(token(2)), "because"}) == Verdict::changed);
    CHECK(node.ask(Revoke{kept_record(token(1)), "because"}) == Verdict::revoked);
    CHECK(node.server.text({"EXISTS", key.key()}) == "0");
}

TEST_CASE("a lock is let go on a server whose memory is full, by script, and what cannot be written is left out") {
    ByScript node;
    node.take(token(1));
    node.server.command({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(node.ask(Extend{token(1), record(token(1)), 9s, {}, "", {}, end({How::ended, 0})}) == Verdict::yours);
    CHECK(node.let_go(token(1), {How::ended, 0}) == Verdict::released);
}

/// The exchange, and what it sends, request by request.
Exchange watched(const Exchange& exchange, std::vector<std::string>& sent) {
    return {exchange.request, [exchange, &sent](std::vector<Reply>&& replies) -> Step {
                sent.push_back(exchange.request.bytes());
                Step next = exchange.then(std::move(replies));
                const auto* more = std::get_if<Exchange>(&next);
                return more == nullptr ? next : Step{watched(*more, sent)};
            }};
}

TEST_CASE("the history does not move the instant from which a transaction's lease counts") {
    ByTransaction node;
    std::vector<std::string> sent;
    const Exchange take = exchange(key, Acquire{token(1), record(token(1)), 30s, {}, {}, {}, {}, entries}, node.mode);
    node.nodes.ask([&](size_t) { return watched(take, sent); }, {.enough = [](const Answers&) { return false; }});
    // The answer's sent_at is that of the last request.
    REQUIRE(!sent.empty());
    CHECK(sent.back().find("\r\nSET\r\n") != std::string::npos);
    CHECK(sent.back().find("\r\nXADD\r\n") != std::string::npos);
    CHECK(node.log().size() == 6);
}

TEST_CASE("the entry of a grant is taken back where its transaction was refused, because a watched key had changed") {
    ByTransaction node;
    std::vector<std::string> sent;
    bool changed = false;
    const Exchange take = exchange(key, Acquire{token(1), record(token(1)), 30s, {}, {}, {}, {}, entries}, node.mode);
    const std::function<Exchange(const Exchange&)> meddled = [&](const Exchange& one) -> Exchange {
        return {one.request, [&, one](std::vector<Reply>&& replies) -> Step {
                    Step next = one.then(std::move(replies));
                    const auto* more = std::get_if<Exchange>(&next);
                    if (more == nullptr) return next;
                    if (!changed && more->request.bytes().find("\r\nSET\r\n") != std::string::npos) {
                        changed = true;
                        node.server.command({"SET", key.key(), "another's", "PX", "60000"});
                    }
                    return meddled(*more);
                }};
    };
    node.nodes.ask([&](size_t) { return meddled(take); }, {.enough = [](const Answers&) { return false; }});
    CHECK(changed);
    CHECK(node.log().empty());
    CHECK(node.sum("acquired") == "0");
}

TEST_CASE_TEMPLATE("attempts in vain push no run out of the log", OneNode, ByScript, ByTransaction) {
    OneNode node;
    node.take(token(1));
    node.let_go(token(1), {How::ended, 0});
    const std::vector<std::string> before = node.log();
    for (unsigned i = 2; i < 200; ++i) {
        node.take(token(i));
        node.let_go(token(i), {How::undone});
    }
    CHECK(node.log() == before);
    CHECK(node.sum("acquired") == "1");
}

TEST_CASE_TEMPLATE("where a start cannot be taken out of the log, the log says that it is undone", OneNode, ByScript,
                   ByTransaction) {
    OneNode node;
    node.server.command({"ACL", "SETUSER", "default", "-xdel"});
    node.take(token(1));
    node.let_go(token(1), {How::undone});
    CHECK(node.log().at(9) == "undone");
    CHECK(node.sum("acquired") == "0");
}

TEST_CASE("a node keeps about as many entries as asked for, in less than 20 kB") {
    ByScript node;
    for (unsigned i = 1; i <= 300; ++i) {
        node.take(token(i));
        node.let_go(token(i), {How::ended, 0});
    }
    CHECK(node.server.command({"XLEN", key.log()}).integer >= 100);
    CHECK(node.server.command({"XLEN", key.log()}).integer <= 150);
    const int64_t bytes = node.server.command({"MEMORY", "USAGE", key.log()}).integer +
                          node.server.command({"MEMORY", "USAGE", key.stats()}).integer;
    CHECK(bytes <= 20'000);
}

} // namespace holdfast::test::history_writing_test
