#include "redis/greeting.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::greeting_test {

namespace {

using Kind = NodeFailure::Kind;

Reply of(Reply::Type type, const std::string& text) {
    Reply reply;
    reply.type = type;
    reply.text = text;
    return reply;
}

Reply error(const std::string& words) { return of(Reply::Type::error, words); }
Reply text(const std::string& word) { return of(Reply::Type::text, word); }

Reply hello(const std::string& mode, const std::string& role) {
    Reply reply = of(Reply::Type::list, "");
    for (const std::string& word : {std::string{"mode"}, mode, std::string{"role"}, role})
        reply.items.push_back(text(word));
    return reply;
}

Node with_database() {
    Node node;
    node.db = 7;
    return node;
}

} // namespace

TEST_CASE("a master may be asked, and nobody else") {
    CHECK_FALSE(refusal({}, {hello("standalone", "master")}));
    CHECK(refusal({}, {hello("standalone", "replica")})->kind == Kind::no_vote);
    CHECK(refusal({}, {hello("sentinel", "master")})->text.find("Sentinel") != std::string::npos);
    CHECK(refusal({}, {text("OK")})->kind == Kind::no_vote);
}

TEST_CASE("what will not change denies, and what may change has no vote") {
    CHECK(refusal({}, {error("NOAUTH ...")})->kind == Kind::denied);
    CHECK(refusal({}, {error("WRONGPASS ...")})->kind == Kind::denied);
    CHECK(refusal({}, {error("LOADING ...")})->kind == Kind::no_vote);
    const Node node = with_database();
    const Reply master = hello("standalone", "master");
    CHECK_FALSE(refusal(node, {master, text("OK")}));
    CHECK(refusal(node, {master, error("ERR DB index is out of range")})->kind == Kind::denied);
    CHECK(refusal(node, {master, error("LOADING Redis is loading the dataset in memory")})->kind == Kind::no_vote);
    CHECK(refusal(node, {master, error("NOPERM ...")})->kind == Kind::denied);
    CHECK(refusal(node, {master, error("ERR SELECT is not allowed in cluster mode")})->kind == Kind::denied);
}

TEST_CASE("an introduction may be refused, and an older protocol does") {
    const Reply master = hello("standalone", "master");
    CHECK_FALSE(refusal({}, {master, error("NOPERM INFO")}));
    CHECK_FALSE(refusal({}, {error("NOPROTO unsupported protocol version")}));
    CHECK_FALSE(refusal({}, {error("ERR unknown command 'HELLO'")}));
    Node node;
    node.password = Secret{"geheim"};
    const auto unable = refusal(node, {error("ERR unknown command 'HELLO', with args 'geheim'")});
    REQUIRE(unable);
    CHECK(unable->text.find("geheim") == std::string::npos);
}

TEST_CASE("a greeting asks for what is wanted and no more") {
    CHECK(greeting({}, false).commands() == 1);
    CHECK(greeting({}, true).commands() == 2);
    CHECK(greeting(with_database(), true).commands() == 3);
}

} // namespace holdfast::test::greeting_test
