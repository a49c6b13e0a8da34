// HOLDFAST_HELD, as one run writes it and another reads it.
#include "cli/runs_around.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <unistd.h>

namespace holdfast::test::runs_around_test {

namespace {

Node node(const std::string& path) {
    Node one;
    one.socket_path = path;
    return one;
}

const std::string word = "12:345:00ff.2:holdfast:x@unix:///a";

} // namespace

TEST_CASE("what a run writes into HOLDFAST_HELD, a run inside it reads") {
    const std::string lock = lock_on({"a name: 100%\n", "holdfast:"}, {node("/b c"), node("/a")});
    const auto read = parse_held(held_text({{{12, 345}, {"00ff", 2}, lock}, {{6, 0}, {"ab", 1}, "holdfast:y@z"}}));
    REQUIRE(read.size() == 2);
    CHECK(read[0].process.pid == 12);
    CHECK(read[0].process.start == 345);
    CHECK(read[0].token.text() == "00ff.2");
    CHECK(read[0].lock == lock);
    CHECK(read[1].process.start == 0);
    CHECK(read[1].lock == "holdfast:y@z");
}

TEST_CASE("a lock in a word is that of its key and its nodes, in any order, and of no other") {
    const LockKey key{"x", "holdfast:"};
    CHECK(lock_on(key, {node("/a"), node("/b")}) == lock_on(key, {node("/b"), node("/a")}));
    CHECK(lock_on(key, {node("/a")}) != lock_on(key, {node("/a"), node("/b")}));
    CHECK(lock_on(key, {node("/a")}) != lock_on({"y", "holdfast:"}, {node("/a")}));
    CHECK(lock_on({"a b", ""}, {node("/a")}).find(' ') == std::string::npos);
}

TEST_CASE("what no run has written into HOLDFAST_HELD counts for nothing") {
    CHECK(parse_held(word).size() == 1);
    for (const char* other : {"", " ", "holdfast:x@unix:///a", "0:1:00ff.2:x", "-1:1:00ff.2:x", "a:1:00ff.2:x",
                              "1:b:00ff.2:x", "1:1:ZZ.2:x", "1:1:00ff:x", "1:1:00ff.2:", "1:1:00ff.2", "1",
                              "99999999999999999999:1:00ff.2:x", "1:1:00ff.-2:x", ":::"}) {
        CAPTURE(other);
        CHECK(parse_held(other).empty());
        CHECK(parse_held(std::string{other} + " " + word).size() == 1);
    }
}

TEST_CASE("a process is around us when it is our parent, or one further up") {
    const ProcessId ours = our_process();
    CHECK(ours.start > 0);
    CHECK_FALSE(is_around_us(ours));
    const auto in_grandchild = [&](const ProcessId& process) {
        const pid_t child = ::fork();
        if (child == 0) {
            const pid_t grandchild = ::fork();
            if (grandchild == 0) ::_exit(is_around_us(process) ? 1 : 0);
            int status = 0;
            ::waitpid(grandchild, &status, 0);
            ::_exit(WEXITSTATUS(status));
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        return WEXITSTATUS(status) == 1;
    };
    CHECK(in_grandchild(ours));
    CHECK(in_grandchild({ours.pid, 0}));
    CHECK_FALSE(in_grandchild({ours.pid, ours.start + 1}));
    // Lives, and is beside us.
    const pid_t other = ::fork();
    if (other == 0) {
        ::pause();
        ::_exit(0);
    }
    CHECK_FALSE(is_around_us({other, 0}));
    ::kill(other, SIGKILL);
    ::waitpid(other, nullptr, 0);
}

} // namespace holdfast::test::runs_around_test
