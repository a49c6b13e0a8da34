#include "redis/explain.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::explain_test {

namespace {

std::string explained_error(std::string text) {
    Reply reply;
    reply.type = Reply::Type::error;
    reply.text = std::move(text);
    return as_failure(meaning(reply)).text;
}

} // namespace

TEST_CASE("what is no Redis server is known by its first bytes") {
    CHECK(stranger(std::string_view{"\x15\x03\x01\x00\x02\x02\x46", 7}) ==
          "it seems to speak TLS; write rediss:// for redis://");
    for (const char* page : {"HTTP/1.1 400 Bad Request\r\n", "<!DOCTYPE HTML>\n"})
        CHECK(stranger(page) == "a web server answers there, not Redis; check the port");
    CHECK(stranger("SSH-2.0-OpenSSH_9.2\r\n") == "an SSH server answers there, not Redis; check the port");
    for (const char* other : {"", "-ERR no\r\n", "220 mail ready\r\n"}) CHECK_FALSE(stranger(other).has_value());
}

TEST_CASE("a server's error is quoted, with what to do about it where that is known") {
    CHECK(explained_error("OOM command not allowed when used memory > 'maxmemory'. script: 369f, on @user_script:1.") ==
          "it says: OOM command not allowed when used memory > 'maxmemory'; free memory there or raise its maxmemory");
    CHECK(explained_error("OOM command not allowed when used memory > 'maxmemory'. script: on @user_script:33.") ==
          "it says: OOM command not allowed when used memory > 'maxmemory'; free memory there or raise its maxmemory");
    // Valkey's.
    CHECK(explained_error("ERR ACL failure in script: User joe has no permissions to run the 'set' command script: "
                          "0a9f, on @user_script:1.") ==
          "it says: ERR ACL failure in script: User joe has no permissions to run the 'set' command; give our user the "
          "rights that holdfast doctor --acl prints");
    CHECK(explained_error("LOADING Redis is loading the dataset in memory") ==
          "it says: LOADING Redis is loading the dataset in memory; it was just started and will answer soon");
    for (const char* lacking : {"NOPERM this user has no permissions to run the 'set' command",
                                "ERR The user executing the script can't run this command or subcommand",
                                "ERR ACL failure in script: this user has no permissions to run the 'set' command"})
        CHECK(explained_error(lacking).ends_with("; give our user the rights that holdfast doctor --acl prints"));
    CHECK(explained_error("ERR no such thing") == "it says: ERR no such thing");
    CHECK(explained_error("OOMPH") == "it says: OOMPH");
}

TEST_CASE("a refusal is the same one in a script and in a transaction, whatever the server says around it") {
    const std::string busy =
        "it says: BUSY Redis is busy running a script; end the script of another client that keeps "
        "it busy (SCRIPT KILL)";
    CHECK(explained_error("BUSY Redis is busy running a script.") == busy);
    CHECK(explained_error("EXECABORT Transaction discarded because of: BUSY Redis is busy running a script.") == busy);
    // Redis 6.
    CHECK(
        explained_error("ERR Error running script (call to f_369f): @user_script:1: @user_script: 1: -OOM command not "
                        "allowed when used memory > 'maxmemory'.") ==
        "it says: OOM command not allowed when used memory > 'maxmemory'; free memory there or raise its maxmemory");
}

TEST_CASE("a refusal says what helps against it") {
    using enum Refusal::Helps;
    const std::pair<const char*, Refusal::Helps> cases[] = {
        {"OOM command not allowed", repair},          {"BUSY Redis is busy running a script", time},
        {"MOVED 1 10.0.0.1:7001", another_server},    {"ASK 1 10.0.0.1:7001", another_server},
        {"READONLY You can't write", another_server}, {"ERR no such thing", repair},
    };
    for (const auto& [words, helps] : cases) {
        CAPTURE(words);
        CHECK(meaning({Reply::Type::error, words, 0, {}}).helps == helps);
    }
    CHECK(meaning({Reply::Type::error, "READONLY You can't write", 0, {}}).advice == "name its master instead");
    CHECK(meaning({Reply::Type::error, "ERR no such thing", 0, {}}).advice.empty());
}

TEST_CASE("a command is refused as such in whatever words, unless another reason is known") {
    const auto refused = [](const char* words) { return refuses_command({Reply::Type::error, words, 0, {}}); };
    for (const char* words : {"ERR unknown command 'EVAL'", "unsupported command 'EVAL'", "ERR not allowed here", "",
                              "NOPERM User monkey has no permissions to run the 'eval' command"})
        CHECK(refused(words));
    for (const char* words :
         {"LOADING x", "BUSY x", "MASTERDOWN x", "OOM x", "READONLY x", "MISCONF x", "NOREPLICAS x", "MOVED 1 h:1",
          "ASK 1 h:1", "TRYAGAIN x", "CLUSTERDOWN x", "NOAUTH x", "WRONGTYPE x",
          "ERR Protocol error: unauthenticated bulk length", "NOPERM No permissions to access a key",
          "NOPERM this user has no permissions to access one of the channels used as arguments",
          "ERR user_script:3: attempt to index a nil value script: 369f, on @user_script:3."}) {
        CAPTURE(words);
        CHECK_FALSE(refused(words));
    }
    CHECK_FALSE(refuses_command({Reply::Type::text, "ERR", 0, {}}));
}

TEST_CASE("a key that a cluster is moving is waited for") {
    CHECK(explained_error("ASK 5457 127.0.0.1:21472") ==
          "its cluster is moving the key to 127.0.0.1:21472; try again when it has");
    CHECK(explained_error("TRYAGAIN Multiple keys request during rehashing of slot") ==
          "its cluster is moving the key; try again when it has");
}

TEST_CASE("a node of a cluster names the one that has the key") {
    CHECK(explained_error("MOVED 1234 10.0.0.1:7001") ==
          "it is a node of a Redis Cluster and the key belongs to another one, 10.0.0.1:7001; write "
          "cluster:// for redis://");
}

TEST_CASE("what an error says cannot speak to the terminal") {
    CHECK(explained_error("ERR \x1b[2J").find('\x1b') == std::string::npos);
    CHECK(explained_error("MOVED 1 \x1b[2J:1").find('\x1b') == std::string::npos);
    CHECK(explained_error("OOM {user} {").ends_with("OOM {user} {; free memory there or raise its maxmemory"));
}

} // namespace holdfast::test::explain_test
