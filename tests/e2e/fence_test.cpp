// Fence numbers as commands see them, and a resource that uses them.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <thread>

namespace holdfast::test::fence_test {

using namespace std::chrono_literals;

namespace {

/// A host whose wall clock is ahead by that much.
ProcessOptions host(seconds ahead_by) {
    return {.environment = {{"LD_PRELOAD", HOLDFAST_WALL_CLOCK},
                            {"WALL_CLOCK_IS_AHEAD_BY", fmt::format("{}", ahead_by.count())},
                            {"ASAN_OPTIONS", "verify_asan_link_order=0"}}};
}

std::vector<int64_t> numbers_in(const std::string& text) {
    std::istringstream in{text};
    return {std::istream_iterator<int64_t>{in}, {}};
}

bool strictly_growing(const std::vector<int64_t>& numbers) {
    return std::ranges::adjacent_find(numbers, std::greater_equal{}) == numbers.end();
}

} // namespace

TEST_CASE("fence numbers grow from run to run, with nodes that restart empty, and by clocks two minutes apart") {
    RedisServers servers{3};
    std::vector<int64_t> numbers;
    int restarts = 0;
    for (size_t i = 0; i < 20; ++i) {
        const Finished run =
            finish(run_on(servers.uris(), {"x", "-c", "echo $HOLDFAST_FENCE"}), host(60s - 120s * (i % 2)));
        REQUIRE_MESSAGE(run.status() == 0, run.err);
        numbers.push_back(std::stoll(run.out));
        if (i % 3 != 2) continue;
        // The third may have answered late, with a smaller number: of two that know it none may forget it, which is
        // what the restart guard is for.
        const auto know = std::ranges::count_if(std::array{0U, 1U, 2U}, [&](size_t node) {
            return std::atoll(servers[node].text({"GET", "holdfast:x:{holdfast:x}:fence"}).c_str()) >= numbers.back();
        });
        if (know < 3) continue;
        ++restarts;
        servers[i / 3 % 3].kill();
        servers[i / 3 % 3].start();
    }
    CHECK(strictly_growing(numbers));
    CHECK(restarts > 0);
}

TEST_CASE("hosts with clocks two minutes apart share the lock, and nobody starves") {
    RedisServers servers{3};
    TempDir dir;
    const std::string note = fmt::format("echo $HOLDFAST_FENCE >> {}; sleep 0.05", dir.file("fences"));
    const auto run = [&](seconds ahead_by) {
        return finish(run_on(servers.uris(), {"x", "-c", note}), host(ahead_by)).status();
    };
    // By their own clocks these have always waited for longer.
    std::atomic<bool> enough = false;
    std::atomic<int> failed = 0;
    std::vector<std::thread> early;
    for (int i = 0; i < 3; ++i)
        early.emplace_back([&] {
            while (!enough) failed += run(-60s) == 0 ? 0 : 1;
        });
    REQUIRE(eventually([&] { return numbers_in(dir.read("fences")).size() > 3; }));
    const BootTime begin = BootClock::now();
    for (int i = 0; i < 2; ++i) CHECK(run(60s) == 0);
    CHECK(BootClock::now() - begin < 8s);
    enough = true;
    for (std::thread& thread : early) thread.join();
    CHECK(failed == 0);
    CHECK(strictly_growing(numbers_in(dir.read("fences"))));
}

TEST_CASE("a resource that knows its last fence number refuses a holder that was robbed") {
    RedisServers servers{3};
    TempDir dir;
    const auto write = [&](const std::string& text) {
        return fmt::format("echo {} | {}/fenced-write {}", text, HOLDFAST_EXAMPLES, dir.file("report"));
    };
    Process robbed{
        run_on(servers.uris(), {"--on-lost", "ignore", "x", "-c", "echo started; read line; " + write("old")})};
    robbed.wait_for_out("started");
    REQUIRE(finish(holdfast::test::holdfast({"force-release", "--yes", "--node", servers.uris(), "x"})).status() == 0);
    CHECK(finish(run_on(servers.uris(), {"x", "-c", write("new") + "; " + write("newer")})).status() == 0);
    robbed.say("go on\n");
    const Finished refused = robbed.wait();
    CHECK(refused.err.find("ours is older") != std::string::npos);
    CHECK(dir.read("report") == "newer\n");
    CHECK(std::distance(std::filesystem::directory_iterator{dir.path()}, std::filesystem::directory_iterator{}) == 2);
}

TEST_CASE("a resource with two marks keeps robbed writers from readers, and robbed readers from later writers") {
    RedisServers servers{3};
    TempDir dir;
    const std::string file = dir.file("report");
    const std::string write = fmt::format("echo new | {}/fenced-write {}", HOLDFAST_EXAMPLES, file);
    const std::string read = fmt::format("{}/fenced-write -r {}", HOLDFAST_EXAMPLES, file);
    const auto paused = [&](const std::vector<std::string>& kind, const std::string& then) {
        std::vector<std::string> words{"--on-lost", "ignore"};
        words.insert(words.end(), kind.begin(), kind.end());
        words.insert(words.end(), {"x", "-c", "echo started; read line; " + then});
        Process process{run_on(servers.uris(), words)};
        process.wait_for_out("started");
        REQUIRE(finish(holdfast::test::holdfast({"force-release", "-y", "--node", servers.uris(), "x"})).status() == 0);
        return process;
    };
    const auto refused = [](Process& process) {
        process.say("go on\n");
        return process.wait().err.find("ours is older") != std::string::npos;
    };
    dir.write("report", "old\n");
    Process writer = paused({}, write);
    Process beside{run_on(servers.uris(), {"--shared", "x", "-c", "echo started; read line; " + read})};
    beside.wait_for_out("started");
    CHECK(finish(run_on(servers.uris(), {"--shared", "x", "-c", read})).out == "old\n");
    CHECK(refused(writer));
    beside.say("go on\n");
    CHECK(beside.wait().out == "started\nold\n");

    Process reader = paused({"--shared"}, read);
    CHECK(finish(run_on(servers.uris(), {"x", "-c", write})).status() == 0);
    CHECK(refused(reader));
    CHECK(finish(run_on(servers.uris(), {"--shared", "x", "-c", read})).out == "new\n");
}

} // namespace holdfast::test::fence_test
