// `local:` nodes: servers that are started at first use.
#include "redis/node_set.hpp"
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <csignal>

namespace holdfast::test::local_test {

namespace {

/// A folder for local nodes, whose servers end with it.
class LocalDir {
  public:
    ~LocalDir() {
        for (const char* socket : {"1of1.sock", "1of3.sock", "2of3.sock", "3of3.sock"})
            if (ask(socket, {"SHUTDOWN", "NOSAVE"})) eventually([&] { return !ask(socket, {"PING"}); });
    }
    std::string path() const { return dir_.file("nodes"); }
    std::vector<std::string> run(std::vector<std::string> words) const {
        words.insert(words.begin(), {HOLDFAST_BINARY, "run", "--local-dir", path()});
        return words;
    }
    /// True when a server took the command without closing the connection... or answered it.
    bool ask(const std::string& socket, std::initializer_list<std::string_view> words) const {
        Node node;
        node.socket_path = path() + "/" + socket;
        NodeSet one{{node}, seconds{5}};
        one.resolve();
        const Answers answers = one.ask_all(Request{words}, {.enough = [](const Answers&) { return false; }});
        return answers[0]->replies.has_value() || answers[0]->replies.error().text == "it closed the connection";
    }

  private:
    TempDir dir_;
};

} // namespace

TEST_CASE("local: and local:3 work with no server running, and again with theirs") {
    LocalDir local;
    for (const char* node : {"local:", "local:3", "local:", "local:3"}) {
        CAPTURE(node);
        const Finished done = finish(local.run({"--node", node, "x", "echo", "held"}));
        CHECK(done.out == "held\n");
        CHECK(done.err.empty());
    }
    struct stat info {};
    REQUIRE(::stat(local.path().c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0700);
}

TEST_CASE("runs that start the servers at the same time share them") {
    LocalDir local;
    TempDir dir;
    std::vector<Process> runs;
    for (int i = 0; i < 6; ++i)
        runs.emplace_back(
            local.run({"--node", "local:3", "x", "--", "flock", "-n", "-E", "99", dir.file("judge"), "sleep", "0.02"}));
    for (Process& run : runs) {
        const Finished done = run.wait();
        CAPTURE(done.err);
        CHECK(done.status() == 0);
    }
}

TEST_CASE("a local node comes back as it was after its server was killed") {
    LocalDir local;
    REQUIRE(finish(local.run({"--node", "local:", "warm-up", "true"})).status() == 0);
    CHECK(local.ask("1of1.sock", {"SET", "holdfast:x", "other", "PX", "60000"}));
    const std::string pid =
        finish({"sh", "-c",
                fmt::format("redis-cli -s {}/1of1.sock info server | grep ^process_id | tr -dc 0-9", local.path())})
            .out;
    ::kill(std::stoi(pid), SIGKILL);
    CHECK(eventually([&] { return !local.ask("1of1.sock", {"PING"}); }));
    CHECK(finish(local.run({"--node", "local:", "-n", "x", "true"})).status() == 75);
}

TEST_CASE("local stop ends the servers, says which, and what they know comes back with them") {
    LocalDir local;
    const auto stop = [&] { return finish(holdfast::test::holdfast({"local", "stop", "--local-dir", local.path()})); };
    CHECK(stop().out == fmt::format("no local: server runs in {}\n", local.path()));
    REQUIRE(finish(local.run({"--node", "local:3", "x", "true"})).status() == 0);
    REQUIRE(finish(holdfast::test::holdfast(
                       {"acquire", "--local-dir", local.path(), "--node", "local:", "--ttl", "1h", "kept"}))
                .status() == 0);
    const Finished stopped = stop();
    CHECK(stopped.status() == 0);
    CHECK(stopped.out == fmt::format("stopped the server at {0}/1of1.sock\nstopped the server at {0}/1of3.sock\n"
                                     "stopped the server at {0}/2of3.sock\nstopped the server at {0}/3of3.sock\n",
                                     local.path()));
    CHECK_FALSE(local.ask("1of3.sock", {"PING"}));
    CHECK(stop().out == fmt::format("no local: server runs in {}\n", local.path()));
    CHECK(finish(local.run({"--node", "local:", "-n", "kept", "true"})).status() == 75);
}

TEST_CASE("local stop leaves a server alone that a run has a connection to, or that is another's") {
    LocalDir local;
    const auto stop = [&] { return finish(holdfast::test::holdfast({"local", "stop", "--local-dir", local.path()})); };
    Process run{local.run({"--node", "local:", "x", "--", "sh", "-c", "echo started; read line"})};
    run.wait_for_out("started");
    const Finished used = stop();
    CHECK(used.status() == 75);
    CHECK(used.err == fmt::format("holdfast: not every local: server was stopped\n  {}/1of1.sock  other programs "
                                  "use it; try again when they have ended\n",
                                  local.path()));
    run.say("\n");
    CHECK(run.wait().status() == 0);
    CHECK(eventually([&] { return stop().status() == 0; }));

    const TempDir elsewhere;
    const std::string socket = local.path() + "/2of3.sock";
    const Process other{{"redis-server", "--port", "0", "--unixsocket", socket, "--dir", elsewhere.path()}};
    REQUIRE(eventually([&] { return local.ask("2of3.sock", {"PING"}); }));
    const Finished foreign = stop();
    CHECK(foreign.status() == 75);
    CHECK(foreign.err.find("2of3.sock  it is no server of holdfast, which would work in ") != std::string::npos);
    CHECK(local.ask("2of3.sock", {"PING"}));
}

TEST_CASE("the server of a local node keeps nothing of ours: no pipe stays open") {
    LocalDir local;
    const BootTime start = BootClock::now();
    // The reader at the end of the pipe sees its end only when nobody has the other end any more.
    const Finished done = finish(
        {"sh", "-c",
         fmt::format("'{}' run --local-dir {} --node local: x -- echo held | cat", HOLDFAST_BINARY, local.path())});
    CHECK(done.out == "held\n");
    CHECK(BootClock::now() - start < patience);
}

TEST_CASE("a folder that others can write to, or that is a link, is refused") {
    TempDir dir;
    const auto run_in = [&](const std::string& folder) {
        return finish(holdfast::test::holdfast({"run", "--local-dir", folder, "--node", "local:", "x", "true"}));
    };
    ::mkdir(dir.file("open").c_str(), 0700);
    ::chmod(dir.file("open").c_str(), 0770);
    CHECK(run_in(dir.file("open")).status() == 78);
    CHECK(run_in(dir.file("open")).err.find("is not a folder of ours alone") != std::string::npos);
    ::mkdir(dir.file("real").c_str(), 0700);
    REQUIRE(::symlink(dir.file("real").c_str(), dir.file("link").c_str()) == 0);
    CHECK(run_in(dir.file("link")).status() == 78);
    CHECK(run_in(dir.file("missing/deeper")).status() == 78);
}

TEST_CASE("without redis-server the message says what to install") {
    LocalDir local;
    const Finished done = finish(local.run({"--node", "local:", "x", "true"}), {.environment = {{"PATH", "/nowhere"}}});
    CHECK(done.status() == 78);
    CHECK(done.err.find("redis-server or valkey-server") != std::string::npos);
}

TEST_CASE("the server of a local node has neither descriptors nor a signal mask of those who started us") {
    LocalDir local;
    const auto all_blocked = [] {
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_SETMASK, &all, nullptr);
    };
    // The reader at the end of the pipe sees its end only when nobody has a 9 any more.
    const Finished done = finish({"sh", "-c",
                                  fmt::format("'{}' run --local-dir '{}' --node local: x -- echo held 9>&1 | cat",
                                              HOLDFAST_BINARY, local.path())},
                                 {.in_child = all_blocked});
    CHECK(done.out == "held\n");
    const std::string pid =
        finish({"sh", "-c",
                fmt::format("redis-cli -s {}/1of1.sock info server | grep ^process_id | tr -dc 0-9", local.path())})
            .out;
    CHECK(finish({"grep", "^SigBlk", fmt::format("/proc/{}/status", pid)}).out == "SigBlk:\t0000000000000000\n");
}

TEST_CASE("however many runs start a local node at the same time, it has one server") {
    LocalDir local;
    std::vector<Process> runs;
    for (int i = 0; i < 6; ++i) runs.emplace_back(local.run({"--node", "local:", "x", "true"}));
    for (Process& run : runs) CHECK(run.wait().status() == 0);
    // One that was pushed off its socket by another would live on unseen.
    const std::string count = fmt::format("grep -lsa '^redis-server.*{}' /proc/[0-9]*/cmdline | wc -l", local.path());
    CHECK(finish({"sh", "-c", count}).out == "1\n");
}

TEST_CASE("a folder of somebody else is refused") {
    if (::getuid() != 0) return;
    TempDir dir;
    ::mkdir(dir.file("theirs").c_str(), 0700);
    REQUIRE(::chown(dir.file("theirs").c_str(), 65534, 65534) == 0);
    const Finished done =
        finish(holdfast::test::holdfast({"run", "--local-dir", dir.file("theirs"), "--node", "local:", "x", "true"}));
    CHECK(done.status() == 78);
    CHECK(done.err.find("is not a folder of ours alone") != std::string::npos);
}

} // namespace holdfast::test::local_test
