#include "redis/greeting.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::greeting_test {

namespace {

using Kind = NodeFailure::Kind;
using enum Manner;

Reply of(Reply::Type type, const std::string& text) {
    Reply reply;
    reply.type = type;
    reply.text = text;
    return reply;
}

Reply error(const std::string& words) { return of(Reply::Type::error, words); }
Reply text(const std::string& word) { return of(Reply::Type::text, word); }

Reply master(const std::string& mode, const std::string& role) {
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

Node with_password() {
    Node node;
    node.password = Secret{"geheim"};
    return node;
}

} // namespace

TEST_CASE("a master may be asked, and nobody else") {
    CHECK_FALSE(refusal({}, hello, {master("standalone", "master")}));
    CHECK(refusal({}, hello, {master("standalone", "replica")})->kind == Kind::no_vote);
    CHECK(refusal({}, hello, {master("sentinel", "master")})->text.find("Sentinel") != std::string::npos);
    CHECK(refusal({}, hello, {text("OK")})->kind == Kind::no_vote);
}

TEST_CASE("what will not change denies, and what may change has no vote") {
    CHECK(refusal({}, hello, {error("NOAUTH ...")})->kind == Kind::denied);
    CHECK(refusal({}, hello, {error("WRONGPASS ...")})->kind == Kind::denied);
    CHECK(refusal({}, hello, {error("LOADING ...")})->kind == Kind::no_vote);
    const Node node = with_database();
    const Reply well = master("standalone", "master");
    CHECK_FALSE(refusal(node, hello, {well, text("OK")}));
    CHECK(refusal(node, hello, {well, error("ERR DB index is out of range")})->kind == Kind::denied);
    CHECK(refusal(node, hello, {well, error("LOADING Redis is loading the dataset in memory")})->kind == Kind::no_vote);
    CHECK(refusal(node, hello, {well, error("NOPERM ...")})->kind == Kind::denied);
    CHECK(refusal(node, hello, {well, error("ERR SELECT is not allowed in cluster mode")})->kind == Kind::denied);
}

TEST_CASE("an introduction may be refused") {
    const Reply well = master("standalone", "master");
    CHECK_FALSE(refusal({}, hello, {well, error("NOPERM INFO")}));
}

TEST_CASE("HELLO may be refused in any words, and a reason that is none of HELLO's counts") {
    for (const char* words : {"NOPROTO unsupported protocol version", "ERR unknown command 'HELLO'",
                              "ERR command hello not support for your account", "unsupported command 'HELLO'",
                              "NOPERM no permissions to run the 'hello' command", "ERR syntax error", "ERR"}) {
        CAPTURE(words);
        CHECK_FALSE(refusal({}, hello, {error(words)}));
        CHECK_FALSE(leaves_password_open({}, hello, {error(words)}));
        CHECK_FALSE(refusal(with_password(), hello, {error(words)}));
        CHECK(leaves_password_open(with_password(), hello, {error(words)}));
    }
    for (const char* words :
         {"NOAUTH x", "WRONGPASS x", "DENIED x", "ERR max number of clients reached", "LOADING x"}) {
        CAPTURE(words);
        CHECK(refusal({}, hello, {error(words)}));
        CHECK_FALSE(leaves_password_open(with_password(), hello, {error(words)}));
    }
    CHECK_FALSE(leaves_password_open(with_password(), hello, {master("standalone", "master")}));
}

TEST_CASE("AUTH alone lets us in, also where no password is set, and an error to it is for good") {
    for (const Manner manner : {auth, bare}) {
        CHECK_FALSE(refusal(with_password(), manner, {text("OK")}));
        for (const char* words : {"ERR Client sent AUTH, but no password is set",
                                  "ERR AUTH <password> called without any password configured for the default user."})
            CHECK_FALSE(refusal(with_password(), manner, {error(words)}));
        const auto wrong = refusal(with_password(), manner, {error("ERR invalid secret")});
        REQUIRE(wrong);
        CHECK(wrong->kind == Kind::denied);
        CHECK(wrong->text == "it refuses our password: ERR invalid secret");
        CHECK(refusal(with_password(), manner, {error("ERR unknown command 'AUTH', with args 'geheim'")})->text ==
              "it refuses our password: ERR");
        CHECK(refusal(with_password(), manner, {error("ERR args: 'gehe...")})->text == "it refuses our password: ERR");
    }
}

TEST_CASE("a greeting asks for what is wanted and no more") {
    CHECK(greeting({}, hello, false).commands() == 1);
    CHECK(greeting({}, hello, true).commands() == 2);
    CHECK(greeting(with_database(), hello, true).commands() == 3);
    CHECK(greeting(with_password(), hello, false).bytes() ==
          "*7\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n$6\r\ngeheim\r\n$7\r\nSETNAME\r\n"
          "$8\r\nholdfast\r\n");
    CHECK(greeting(with_password(), auth, true).commands() == 2);
    CHECK(greeting(with_password(), bare, true).bytes() == "*2\r\n$4\r\nAUTH\r\n$6\r\ngeheim\r\n");
    CHECK(greeting({}, bare, true).commands() == 0);
}

} // namespace holdfast::test::greeting_test
