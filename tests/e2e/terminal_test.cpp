// Who has the terminal while a command runs: script(1) gives us one of our own, and types.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdio>

using namespace holdfast;
using namespace holdfast::test;

namespace {

std::string in_terminal(const std::string& line, std::string typed) {
    return finish({"script", "-qec", line, "/dev/null"}, {.input = std::move(typed)}).out;
}

} // namespace

TEST_CASE("where nobody else could miss it the command has the terminal from its start") {
    RedisServer server;
    const std::string out =
        in_terminal(fmt::format("exec '{}' run --node {} x -c 'echo groups $(cut -d\" \" -f5,8 /proc/$$/stat)'",
                                HOLDFAST_BINARY, server.uri()),
                    "");
    CAPTURE(out);
    int own = 0;
    int foreground = -1;
    const size_t at = out.find("groups ");
    REQUIRE(at != std::string::npos);
    REQUIRE(std::sscanf(out.c_str() + at, "groups %d %d", &own, &foreground) == 2);
    CHECK(own == foreground);
}

TEST_CASE("in a script the command gets the terminal when it reads from it, and the script has it again afterwards") {
    RedisServer server;
    const std::string out = in_terminal(
        fmt::format("sh -c \"'{}' run --node {} x -c 'read line; echo got \\$line'; read line; echo then \\$line\"",
                    HOLDFAST_BINARY, server.uri()),
        "one\ntwo\n");
    CAPTURE(out);
    CHECK(out.find("got one") != std::string::npos);
    CHECK(out.find("then two") != std::string::npos);
}
