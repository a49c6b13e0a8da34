// What holdfast prints reaches its reader whole, or it says that it does not.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

namespace holdfast::test::output_test {

namespace {

/// What a process prints on a pipe with room for a page, whose writer does not wait.
std::string through_a_small_pipe(const std::vector<std::string>& words) {
    Pipe pipe = make_pipe();
    REQUIRE(::fcntl(pipe.write.get(), F_SETPIPE_SZ, 4096) == 4096);
    REQUIRE(::fcntl(pipe.write.get(), F_SETFL, O_NONBLOCK) == 0);
    Process process{words, {.in_child = [&] { ::dup2(pipe.write.get(), STDOUT_FILENO); }}};
    pipe.write.reset();
    std::string text;
    std::string page(4096, '\0');
    while (const ssize_t size = ::read(pipe.read.get(), page.data(), page.size()))
        text.append(page, 0, static_cast<size_t>(size));
    const Finished finished = process.wait();
    CHECK(finished.err == "");
    CHECK(finished.status() == 0);
    return text;
}

} // namespace

TEST_CASE("a reader that is slow gets all of a list, also through a pipe that does not wait for it") {
    const RedisServer server;
    constexpr auto make_locks = "for i = 1, 500 do redis.call('SET', 'holdfast:lock-' .. i, 'a.1 {}', 'PX', 60000) end";
    server.command({"EVAL", make_locks, "0"});
    const std::string all = through_a_small_pipe(test::holdfast({"list", "--node", server.uri()}));
    CHECK(all.ends_with('\n'));
    CHECK(all.find("lock-499") != std::string::npos);
    const std::string json = through_a_small_pipe(test::holdfast({"list", "--json", "--node", server.uri()}));
    CHECK(nlohmann::json::parse(json)["locks"].size() == 500);
}

TEST_CASE("a report that could not be written is told, and the command's status stands") {
    const RedisServer server;
    const std::string run =
        fmt::format("exec {} run -q --node {} --status-fd 3 x -- sh -c 'exit 3' 3>", HOLDFAST_BINARY, server.uri());
    const Finished full = finish({"/bin/sh", "-c", run + "/dev/full"});
    CHECK(full.status() == 3);
    CHECK(full.err == "holdfast: how the run ended could not be written to descriptor 3 (--status-fd): no space left "
                      "on device\n");
}

TEST_CASE("a token for a closed stdout is refused with its own sentence") {
    const RedisServer server;
    const Finished closed =
        finish({"/bin/sh", "-c", fmt::format("exec {} acquire --node {} x >&-", HOLDFAST_BINARY, server.uri())});
    CHECK(closed.status() == 70);
    CHECK(closed.err == "holdfast: stdout is closed, and the token is written there, so the lock was released; "
                        "redirect stdout, or give --token-file FILE\n");
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
}

} // namespace holdfast::test::output_test
