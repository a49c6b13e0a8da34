// What no lock of this kind can keep apart, shown honestly: two commands inside at once. And what a resource that
// refuses older fence numbers (examples/fenced-write) still holds then. GUARANTEES AND LIMITS of the manual says the
// same.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <memory>
#include <sstream>
#include <utility>

namespace holdfast::test::outside_model_test {

using namespace std::chrono_literals;

namespace {

/// One file that all holders write, and a kernel lock by which each command sees that another is inside.
class Resource {
  public:
    /// A command that says whether it is alone inside, and then for each line that it is told writes its name into the
    /// file, until the line is "end".
    std::vector<std::string> command(const std::string& name) const {
        return {"x", "-c",
                fmt::format("exec 8>>{0}/judge; flock -n 8 && echo in, alone || echo in, beside another\n"
                            "while read line && [ $line != end ]; do\n"
                            "  if echo {1} | {2}/fenced-write {0}/report\n"
                            "  then echo $HOLDFAST_FENCE >>{0}/accepted; echo $line: accepted\n"
                            "  else echo $line: refused; fi\n"
                            "done",
                            dir_.path(), name, HOLDFAST_EXAMPLES)};
    }

    std::string written_by() const { return dir_.read("report"); }
    /// No write of a smaller number was accepted after one of a larger.
    bool never_went_back() const {
        std::istringstream in{dir_.read("accepted")};
        const std::vector<int64_t> numbers{std::istream_iterator<int64_t>{in}, {}};
        return !numbers.empty() && std::ranges::is_sorted(numbers);
    }

  private:
    TempDir dir_;
};

/// A run whose command works on the resource.
class Holder {
  public:
    Holder(const std::string& name, const Resource& resource, const std::string& nodes,
           std::vector<std::string> options = {})
        : run_{words(nodes, std::move(options), resource.command(name))} {}

    void is_in(const std::string& how) { run_.wait_for_out("in, " + how + "\n"); }
    /// One attempt to write.
    void writes(const std::string& line, const std::string& answer) {
        run_.say(line + "\n");
        run_.wait_for_out(line + ": " + answer + "\n");
    }
    Finished ends() {
        run_.say("end\n");
        return run_.wait();
    }
    Process& run() { return run_; }

  private:
    static std::vector<std::string> words(const std::string& nodes, std::vector<std::string> options,
                                          const std::vector<std::string>& command) {
        options.insert(options.end(), command.begin(), command.end());
        return run_on(nodes, options);
    }

    Process run_;
};

/// Enough to leave forty seconds between renewals, for which the holder cannot know. The history would use PEXPIRE,
/// too.
const std::vector<std::string> renews_seldom{"--ttl", "120s", "--history", "off"};
const std::vector<std::string> comes_next{"--nonblock"};

/// The first renewal comes soon after the start, and is the first to prolong anything. Returns when the server has had
/// it.
void wait_renewed(const RedisServer& server) {
    REQUIRE(eventually([&] {
        return server.text({"INFO", "commandstats"}).find("cmdstat_pexpire:") != std::string::npos;
    }));
}

enum class Refused { first, second };

/// Two holders to the end: both write, and the writes of one of them are refused.
void end_inside_together(const Resource& resource, Holder& first, Holder& second, Refused refused) {
    const bool second_writes = refused == Refused::first;
    const auto answer = [](bool writes) { return writes ? "accepted" : "refused"; };
    second.is_in("beside another");
    second.writes("new", answer(second_writes));
    first.writes("late", answer(!second_writes));
    second.writes("newer", answer(second_writes));
    CHECK(second.ends().status() == 0);
    CHECK(resource.written_by() == (second_writes ? "second\n" : "first\n"));
    // No more than this holds.
    CHECK(resource.never_went_back());
    // It has not heard of it.
    CHECK(first.ends().status() == 0);
}

} // namespace

TEST_CASE("when the clocks of most servers step over the TTL two are inside, and the older one's writes are refused") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n, RedisServer::Listens::unix_socket, {}, {{"LD_PRELOAD", HOLDFAST_WALL_CLOCK}}};
        const std::string nodes = servers.uris();
        const auto step = [&](size_t i) { servers[i].folder().write("wall-clock-is-ahead-by", "121"); };
        const Resource resource;
        Holder first{"first", resource, nodes, renews_seldom};
        first.is_in("alone");
        first.writes("begin", "accepted");
        // A server that is stepped before it would get the key back.
        for (size_t i = 0; i < n; ++i) wait_renewed(servers[i]);

        // A minority does not matter.
        for (size_t i = 0; i < n / 2; ++i) step(i);
        if (n > 1) CHECK(finish(run_on(nodes, {"--nonblock", "x", "true"})).status() == 75);
        step(n / 2);
        Holder second{"second", resource, nodes, comes_next};
        end_inside_together(resource, first, second, Refused::first);
    }
}

TEST_CASE("a host that stands still with all that runs on it works on beside the next holder, and is refused") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        const Resource resource;
        Holder first{"first", resource, servers.uris(), {"--ttl", "2s", "--grace", "100ms"}};
        first.is_in("alone");
        first.writes("begin", "accepted");

        // The command is the child that is no guard, which may not have its name yet.
        const pid_t pid = first.run().pid();
        const auto children = [&](const std::string& which) {
            return finish({"sh", "-c",
                           fmt::format("for p in $(cat /proc/{0}/task/{0}/children); do "
                                       "grep -qx holdfast-guard /proc/$p/comm {1} echo $p; done",
                                       pid, which)})
                .out;
        };
        REQUIRE(eventually([&] { return !children("&&").empty(); }));
        const pid_t guard = std::stoi(children("&&"));
        const pid_t command = std::stoi(children("||"));
        first.run().signal(SIGSTOP);
        ::kill(guard, SIGSTOP);
        ::kill(-command, SIGSTOP);
        first.run().say("late\n");

        Holder second{"second", resource, servers.uris()}; // waits for the end of the TTL
        second.is_in("beside another");
        second.writes("new", "accepted");
        // Who of them goes on first is a matter of luck.
        ::kill(-command, SIGCONT);
        first.run().wait_for_out("late: refused\n");
        ::kill(guard, SIGCONT);
        first.run().signal(SIGCONT);
        CHECK(first.run().wait().status() == 79);

        second.writes("newer", "accepted");
        CHECK(second.ends().status() == 0);
        CHECK(resource.written_by() == "second\n");
        CHECK(resource.never_went_back());
    }
}

namespace {

/// A server and its replica, of which one is in service: everybody finds it at the same place.
class Replicated {
  public:
    explicit Replicated(std::map<std::string, std::string> environment_of_replica = {})
        : replica_{std::make_unique<RedisServer>(std::vector<std::string>{"--unixsocket", dir_.file("replica"),
                                                                          "--replicaof", "127.0.0.1",
                                                                          fmt::format("{}", primary_.port())},
                                                 RedisServer::Listens::loopback, std::move(environment_of_replica))} {
        std::filesystem::create_symlink(dir_.file("primary"), dir_.file("service"));
        REQUIRE(eventually([&] {
            return ask_replica({"INFO", "replication"}).find("master_link_status:up") != std::string::npos;
        }));
    }

    std::string uri() const { return "unix://" + dir_.file("service"); }
    RedisServer& primary() { return primary_; }

    /// From here on the replica hears nothing of the primary.
    void fall_behind() {
        replica_->pause();
        primary_.command({"CLIENT", "KILL", "TYPE", "replica"});
    }
    void wait_replicated(const std::string& key) const {
        REQUIRE(eventually([&] { return ask_replica({"EXISTS", key}) == "1\n"; }));
    }
    /// The primary dies, and the replica takes its place as it is.
    void fail_over() {
        primary_.kill();
        replica_->resume();
        REQUIRE(ask_replica({"REPLICAOF", "NO", "ONE"}) == "OK\n");
        std::filesystem::create_symlink(dir_.file("replica"), dir_.file("moved"));
        std::filesystem::rename(dir_.file("moved"), dir_.file("service"));
    }

  private:
    /// holdfast's own connections talk to no replica.
    std::string ask_replica(std::vector<std::string> words) const {
        words.insert(words.begin(), {"redis-cli", "-s", dir_.file("replica")});
        return finish(words).out;
    }

    TempDir dir_;
    // Without a delay it sends the replica its copy at once, and not after five seconds.
    RedisServer primary_{{"--unixsocket", dir_.file("primary"), "--repl-diskless-sync-delay", "0"},
                         RedisServer::Listens::loopback};
    std::unique_ptr<RedisServer> replica_;
};

/// The replica that takes over has not got the lock, and lets another in.
void lose_by_failover(Replicated& server, Refused refused) {
    const Resource resource;
    server.fall_behind();
    Holder first{"first", resource, server.uri(), renews_seldom};
    first.is_in("alone");
    first.writes("begin", "accepted");
    wait_renewed(server.primary());

    server.fail_over();
    Holder second{"second", resource, server.uri(), comes_next};
    end_inside_together(resource, first, second, refused);
}

} // namespace

TEST_CASE("a lock that its replica has got outlives the failover, and nobody else is let in") {
    Replicated server;
    const Resource resource;
    Holder first{"first", resource, server.uri(), renews_seldom};
    first.is_in("alone");
    server.wait_replicated("holdfast:x");
    server.fail_over();
    CHECK(finish(run_on(server.uri(), {"--nonblock", "x", "true"})).status() == 75);
    CHECK(first.ends().status() == 0);
}

TEST_CASE("a lock that its replica has not got is free after the failover, and the older holder's writes are refused") {
    for (const bool knows_earlier_holders : {true, false}) {
        CAPTURE(knows_earlier_holders);
        Replicated server;
        if (knows_earlier_holders) {
            REQUIRE(finish(run_on(server.uri(), {"x", "true"})).status() == 0);
            server.wait_replicated("holdfast:x:{holdfast:x}:fence");
            server.primary().command({"CONFIG", "RESETSTAT"});
        }
        lose_by_failover(server, Refused::first);
    }
}

TEST_CASE("after a failover to a replica with a late clock the newer holder may be the one who is refused") {
    Replicated server{{{"LD_PRELOAD", HOLDFAST_WALL_CLOCK}, {"WALL_CLOCK_IS_AHEAD_BY", "-60"}}};
    lose_by_failover(server, Refused::second);
}

} // namespace holdfast::test::outside_model_test
