// A log of its own: --log-to FILE, fd:N and syslog.
#include "support/holdfast.hpp"
#include "support/pty.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <regex>
#include <sched.h>
#include <sstream>

namespace holdfast::test::log_to_test {
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
}

/// A pipe that takes no more, and that no program reads.
Pipe full_pipe() {
    Pipe full = make_pipe();
    ::fcntl(full.write.get(), F_SETFL, O_NONBLOCK);
    const std::string junk(4096, 'x');
    while (::write(full.write.get(), junk.data(), junk.size()) > 0) {
    }
    ::fcntl(full.write.get(), F_SETFL, 0);
    return full;
}

/// A run of a command that ends with its input, and that logs to that file.
Process reading_run(const RedisServer& server, const std::string& log) {
    return Process{run_on(server.uri(), {"--log-to", log, "x", "-c", "read line"})};
}

void wait_for_line(const TempDir& dir, const std::string& file, const std::string& part) {
    REQUIRE(eventually([&] { return has(dir.read(file), part); }));
}

void make_fifo(const std::string& path) { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }

} // namespace

TEST_CASE("a log of its own has every event on one line with time, host, pid and lock") {
    const RedisServer server;
    const TempDir dir;
    dir.write("log", "what was there\n");
    const Finished done =
        finish(run_on(server.uri(), {"-q", "--log-to", dir.file("log"), "x", "sh", "-c", "echo theirs >&2"}));
    CHECK(done.status() == 0);
    CHECK(done.err == "theirs\n");
    const std::vector<std::string> all = lines(dir.read("log"));
    REQUIRE(all.size() == 3);
    CHECK(all[0] == "what was there");
    const std::string begin = R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+ holdfast\[\d+\]: x: x )";
    CHECK(std::regex_match(all[1], std::regex{begin + "acquired, fence [0-9]+; .* granted in .*"}));
    CHECK(std::regex_match(all[2], std::regex{begin + "released after .*"}));
}

TEST_CASE("a new log may be read by its group and written by its owner") {
    const RedisServer server;
    const TempDir dir;
    CHECK(finish(run_on(server.uri(), {"--log-to", dir.file("log"), "x", "true"}), {.in_child = [] { ::umask(0); }})
              .status() == 0);
    struct stat info {};
    REQUIRE(::stat(dir.file("log").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0640);
}

TEST_CASE("a log of JSON has one object on a line, whatever the command writes to stderr") {
    const RedisServer server;
    const TempDir dir;
    const std::string noise = "for i in 1 2 3 4 5 6 7 8 9; do printf '{no json' >&2; done";
    for (int i = 0; i < 3; ++i) {
        const Finished done =
            finish(run_on(server.uri(), {"x", "-c", noise}),
                   {.environment = {{"HOLDFAST_LOG_TO", dir.file("log")}, {"HOLDFAST_LOG_FORMAT", "json"}}});
        CHECK(done.err == "{no json{no json{no json{no json{no json{no json{no json{no json{no json");
    }
    const std::vector<std::string> all = lines(dir.read("log"));
    REQUIRE(all.size() == 6);
    for (const std::string& line : all) {
        const json event = json::parse(line);
        CHECK(event["lock"] == "x");
        CHECK(event["time"].get<std::string>().ends_with("Z"));
        CHECK(event["pid"].get<int>() > 0);
        CHECK_FALSE(event["host"].get<std::string>().empty());
    }
    CHECK(json::parse(all[4])["event"] == "acquired");
    CHECK(json::parse(all[5])["event"] == "released");
}

TEST_CASE("the record of the manual has one object on a line, of each run and of each event") {
    const RedisServer server;
    const TempDir dir;
    const auto recorded = [&](const std::string& command) {
        const std::string run = fmt::format("cd {}; {} run -n --node {} --log-format json --log-to events.json "
                                            "--status-fd 3 nightly -- {} 3>>runs.json",
                                            dir.path(), HOLDFAST_BINARY, server.uri(), command);
        return finish({"/bin/sh", "-c", run}).status();
    };
    CHECK(recorded("sh -c 'echo 3 files changed >&2'") == 0);
    CHECK(recorded("false") == 1);
    server.command({"SET", "holdfast:nightly", "other", "PX", "60000"});
    CHECK(recorded("true") == 75);
    std::vector<json> runs;
    for (const std::string& line : lines(dir.read("runs.json"))) runs.push_back(json::parse(line));
    REQUIRE(runs.size() == 3);
    CHECK(runs[1]["status"] == 1);
    CHECK(runs[2]["result"] == "not_acquired");
    CHECK(runs[2]["time"] > runs[1]["time"]);
    std::string events;
    for (const std::string& line : lines(dir.read("events.json")))
        events += json::parse(line)["event"].get<std::string>() + " ";
    CHECK(events == "acquired released acquired released not_acquired ");
}

TEST_CASE("what ends the program is said on stderr as well, as a sentence") {
    const RedisServer server;
    const TempDir dir;
    server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    const std::vector<std::string> words{"--log-format", "json", "--log-to", dir.file("log"), "-n", "x", "true"};
    CHECK(finish(run_on(server.uri(), words)).err.starts_with("holdfast: x is held by a client that is not holdfast"));
    CHECK(json::parse(dir.read("log"))["event"] == "not_acquired");
    std::vector<std::string> quiet = words;
    quiet.insert(quiet.begin(), "-q");
    CHECK(finish(run_on(server.uri(), quiet)).err == "");
    CHECK(lines(dir.read("log")).size() == 2);
    CHECK(finish(run_on("unix:///nowhere.sock", words)).err.starts_with("holdfast: unix:///nowhere.sock cannot be"));
    CHECK(json::parse(lines(dir.read("log")).at(2))["event"] == "failed");
}

TEST_CASE("a log that cannot be written is refused before the lock is taken") {
    const RedisServer server;
    const TempDir dir;
    const auto refused = [&](const std::string& log, const std::string& why) {
        CAPTURE(log);
        const Finished typed = finish(run_on(server.uri(), {"--log-to", log, "x", "true"}));
        CHECK(typed.status() == 64);
        CHECK(typed.err == fmt::format("holdfast: --log-to '{}' is not {}\n", log, why));
        const Finished set = finish(run_on(server.uri(), {"x", "true"}), {.environment = {{"HOLDFAST_LOG_TO", log}}});
        CHECK(set.status() == 78);
        CHECK(set.err == fmt::format("holdfast: HOLDFAST_LOG_TO '{}' is not {}\n", log, why));
    };
    refused(dir.file("no/log"),
            "a file that can be written: no such file or directory; make its folder first, or name another file");
    refused(dir.path(), "a file that can be written: is a directory; name another file");
    refused("fd:77", "a descriptor open for writing, as in: holdfast run --log-to fd:3 ... 3>>log");
    refused("fd:x", "a descriptor open for writing, as in: holdfast run --log-to fd:3 ... 3>>log");
    CHECK(finish(run_on(server.uri(), {"--log-to", "", "x", "true"})).err ==
          "holdfast: --log-to '' is not stderr, syslog, fd:N or a file\n");
    CHECK(server.text({"DBSIZE"}) == "0");
    const Finished printed = finish({HOLDFAST_BINARY, "--print-config", "--log-to", dir.file("log")});
    CHECK(has(printed.out, fmt::format("log-to = \"{}\"", dir.file("log"))));
    CHECK(::access(dir.file("log").c_str(), F_OK) != 0);
}

TEST_CASE("a log that logrotate has moved or removed is opened again") {
    const RedisServer server;
    const TempDir dir;
    Process first = reading_run(server, dir.file("log"));
    wait_for_line(dir, "log", "acquired");
    REQUIRE(::rename(dir.file("log").c_str(), dir.file("log.1").c_str()) == 0);
    first.say("\n");
    CHECK(first.wait().status() == 0);
    CHECK_FALSE(has(dir.read("log.1"), "released"));
    CHECK(has(dir.read("log"), "released"));

    Process second = reading_run(server, dir.file("log"));
    wait_for_line(dir, "log", "acquired");
    REQUIRE(std::remove(dir.file("log").c_str()) == 0);
    second.say("\n");
    CHECK(second.wait().err == "");
    CHECK(lines(dir.read("log")).size() == 1);
    CHECK(has(dir.read("log"), "released"));
}

TEST_CASE("lines that a full device or a FIFO without a reader does not take are counted") {
    const RedisServer server;
    const TempDir dir;
    make_fifo(dir.file("fifo"));
    for (const auto& [log, why] : {std::pair{std::string{"/dev/full"}, "no space left on device"},
                                   std::pair{dir.file("fifo"), "no program reads it"}}) {
        const Finished done = finish(run_on(server.uri(), {"--log-to", log, "x", "sh", "-c", "exit 3"}));
        CHECK(done.status() == 3);
        CHECK(done.err ==
              fmt::format("holdfast: 2 lines of the log could not be written to {} (--log-to): {}\n", log, why));
    }
}

TEST_CASE("a FIFO has the lines of all runs while a program reads it") {
    const RedisServer server;
    const TempDir dir;
    make_fifo(dir.file("fifo"));
    const Fd reader{::open(dir.file("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    for (int i = 0; i < 2; ++i)
        CHECK(finish(run_on(server.uri(), {"--log-to", dir.file("fifo"), "x", "true"})).err == "");
    std::string text(4096, '\0');
    const ssize_t size = ::read(reader.get(), text.data(), text.size());
    REQUIRE(size > 0);
    CHECK(lines(text.substr(0, static_cast<size_t>(size))).size() == 4);
}

TEST_CASE("a reader that stops reading the log holds up neither the renewal nor the end") {
    const RedisServer server;
    const Pipe full = full_pipe();
    Process run{run_on(server.uri(), {"--ttl", "3s", "--log-to", "fd:5", "x", "-c", "echo started; read line; exit 4"}),
                {.in_child = [&] { ::dup2(full.write.get(), 5); }}};
    run.wait_for_out("started");
    const BootTime begin = BootClock::now();
    // A Ctrl-Z is refused, and each refusal is an event.
    while (BootClock::now() < begin + 6s) {
        run.signal(SIGTSTP);
        ::poll(nullptr, 0, 50);
        // A lease that is not renewed after a third has less than two thirds left.
        CHECK(std::stoi(server.text({"PTTL", "holdfast:x"})) > 500);
    }
    run.say("\n");
    const Finished done = run.wait();
    CHECK(done.status() == 4);
    CHECK(has(done.err, " lines of the log could not be written to fd:5 (--log-to): it takes no more\n"));
    CHECK(server.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("a descriptor for the log may be that of --status-fd, and the command does not inherit it") {
    const RedisServer server;
    const TempDir dir;
    const std::string line = fmt::format("{} run --node {} --log-format json --log-to fd:3 --status-fd 3 x -c "
                                         "'echo from the command >&3' 3>{}",
                                         HOLDFAST_BINARY, server.uri(), dir.file("log"));
    const Finished done = finish({"/bin/sh", "-c", line});
    CHECK(done.status() != 0);
    const std::vector<std::string> all = lines(dir.read("log"));
    REQUIRE(all.size() == 3);
    for (const std::string& one : all) CHECK(json::parse(one)["lock"] == "x");
}

TEST_CASE("where no thread can be started the lines are counted, and all else goes on") {
    if (!can_leave_threads_no_room()) {
        MESSAGE("skipped: every thread can be started here");
        return;
    }
    const RedisServer server;
    const TempDir dir;
    const Finished done = finish(
        {HOLDFAST_BINARY, "acquire", "-n", "--node", server.uri(), "--log-to", dir.file("log"), "--ttl", "20", "x"},
        {.in_child = leave_threads_no_room});
    CHECK(done.status() == 0);
    CHECK(has(done.err,
              fmt::format("holdfast: 1 line of the log could not be written to {} (--log-to): ", dir.file("log"))));
}

TEST_CASE("a terminal still shows the line of a wait, and the log has it as an event") {
    const RedisServer server;
    const TempDir dir;
    server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    Shell shell{{{"TERM", "xterm"}, {"HOLDFAST_NODES", server.uri()}, {"HOLDFAST_LOG_TO", dir.file("log")}}};
    shell.say(fmt::format("{} run x echo done\r", HOLDFAST_BINARY));
    shell.wait_for("waiting for x: a client that is not holdfast has it");
    wait_for_line(dir, "log", "waiting without limit");
    server.command({"DEL", "holdfast:x"});
    shell.wait_for("done");
    CHECK(shell.wait_for_prompt() == 0);
}

TEST_CASE("the system's log gets each event with its severity") {
    const RedisServer server;
    const TempDir dir;
    const Fd log{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    dir.file("log").copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(log.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    // A /dev of the run's own.
    const auto own_dev = [&] {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", "/dev", "tmpfs", 0, nullptr) != 0 ||
            ::mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3)) != 0 ||
            ::symlink(dir.file("log").c_str(), "/dev/log") != 0)
            ::_exit(200);
    };
    const Finished done =
        finish(run_on(server.uri(), {"--log-to", "syslog", "x", "nowhere-to-be-found"}), {.in_child = own_dev});
    if (done.status() == 200) {
        MESSAGE("skipped: no /dev of its own to be had");
        return;
    }
    CHECK(done.status() == 127);
    const auto next = [&] {
        std::string text(4096, '\0');
        const ssize_t size = ::recv(log.get(), text.data(), text.size(), MSG_DONTWAIT);
        text.resize(static_cast<size_t>(std::max<ssize_t>(size, 0)));
        return text;
    };
    const std::string begin = R"([A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d holdfast\[\d+\]: x: )";
    CHECK(std::regex_match(next(), std::regex{"<14>" + begin + "x acquired, .*"}));
    CHECK(std::regex_match(next(), std::regex{"<14>" + begin + "x released .*"}));
    CHECK(std::regex_match(next(),
                           std::regex{"<11>" + begin + "'nowhere-to-be-found', the command .* was not found .*"}));
    CHECK(next() == "");
}

TEST_CASE("without a system's log --log-to syslog is refused") {
    if (::access("/dev/log", F_OK) == 0) {
        MESSAGE("skipped: there is one");
        return;
    }
    CHECK(finish(run_on("unix:///nowhere.sock", {"--log-to", "syslog", "x", "true"})).err ==
          "holdfast: --log-to 'syslog' is not to be had: /dev/log: no such file or directory; start the system's log, "
          "or name a file\n");
}

TEST_CASE("a log that another user may write keeps only those from their work who take a lock") {
    const RedisServer server;
    const auto call = [&](std::vector<std::string> words) {
        return finish(holdfast(std::move(words)), {.environment = {{"HOLDFAST_LOG_TO", "/nonexistent/log"}}});
    };
    CHECK(call({"status", "x", "--node", server.uri()}).out == "x is free\n  no run of holdfast:x is known\n");
    CHECK(call({"list", "--node", server.uri()}).status() == 0);
    CHECK(call({"run", "--node", server.uri(), "x", "--", "true"}).status() == 78);
    CHECK(call({"acquire", "--node", server.uri(), "x"}).status() == 78);
    CHECK(call({"status", "x", "--log-to", "/nonexistent/log", "--node", server.uri()}).status() == 64);
}

} // namespace holdfast::test::log_to_test
