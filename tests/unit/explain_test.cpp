#include "redis/explain.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::explain_test {

namespace {

std::string explained_error(std::string text) {
    Reply reply;
    reply.type = Reply::Type::error;
    reply.text = std::move(text);
    return explained(reply);
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

TEST_CASE("a node of a cluster names the one that has the key") {
    CHECK(explained_error("MOVED 1234 10.0.0.1:7001") ==
          "it is a node of a Redis Cluster and the key belongs to another one, 10.0.0.1:7001; name that one, or a "
          "server that stands alone");
}

TEST_CASE("what an error says cannot speak to the terminal") {
    CHECK(explained_error("ERR \x1b[2J").find('\x1b') == std::string::npos);
    CHECK(explained_error("MOVED 1 \x1b[2J:1").find('\x1b') == std::string::npos);
}

} // namespace holdfast::test::explain_test
