// Input, output and descriptors are the command's own: holdfast does not even read them.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdfast::test::streams_test {

namespace {

/// What a line of bash prints, on both outputs.
std::string output(const std::string& line) {
    const Finished done = finish({"bash", "-c", "exec 2>&1; " + line});
    CHECK(done.status() == 0);
    return done.out;
}

struct Both {
    std::string plain;
    std::string held;
};

/// The same for a line where `held COMMAND` is just that command, and then a run of it.
Both both(const std::string& line) {
    const RedisServer server;
    return {
        output("held() { \"$@\"; }; " + line),
        output(fmt::format("held() {{ '{}' run --node {} x -- \"$@\"; }}; {}", HOLDFAST_BINARY, server.uri(), line))};
}

} // namespace

TEST_CASE("a gibibyte goes through the command byte for byte") {
    const RedisServer server;
    const std::string line = fmt::format("seq 130000000 | head -c 1073741824 | '{}' run --node {} x -- cat | cksum",
                                         HOLDFAST_BINARY, server.uri());
    CHECK(output(line) == "2427928789 1073741824\n");
}

TEST_CASE("a command whose reader goes away ends a pipeline as it would without us") {
    const Both ends = both("held yes | head -1; echo ${PIPESTATUS[@]}");
    CHECK(ends.plain == "y\n141 0\n");
    CHECK(ends.held == ends.plain);
}

TEST_CASE("the command finds the descriptors that it would find without us, and no others") {
    // The numbers are its own process and the pipes, which differ from run to run.
    const Both descriptors = both("exec 7< /dev/null; held ls -l --time-style=+ /proc/self/fd | "
                                  "sed -E 's/\\[[0-9]+\\]|[0-9]+\\/fd$//'");
    CHECK(descriptors.plain.find("7 -> /dev/null") != std::string::npos);
    CHECK(descriptors.held == descriptors.plain);
}

} // namespace holdfast::test::streams_test
