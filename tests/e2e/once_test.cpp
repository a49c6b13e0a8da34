// run --once-in: a command that has succeeded is not run again within that time, and one that has not is. And forget.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <regex>

namespace holdfast::test::once_test {
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr auto mark = "holdfast:x:{holdfast:x}:done";
const ProcessOptions clock_ahead{.environment = {{"LD_PRELOAD", HOLDFAST_WALL_CLOCK},
                                                 {"WALL_CLOCK_IS_AHEAD_BY", "120"},
                                                 {"ASAN_OPTIONS", "verify_asan_link_order=0"}}};

/// A lock x on some servers, around commands that note each start.
class Job {
  public:
    explicit Job(size_t nodes, const std::vector<std::string>& options = {})
        : servers{nodes, RedisServer::Listens::unix_socket, options} {}

    std::vector<std::string> words(std::vector<std::string> options, const std::string& script) const {
        options.insert(options.end(), {"x", "-c", fmt::format("echo >>{}; {}", dir_.file("starts"), script)});
        return run_on(servers.uris(), options);
    }
    Finished run(const std::vector<std::string>& options, const std::string& script = "exit 0",
                 const ProcessOptions& how = {}) const {
        return finish(words(options, script), how);
    }
    /// A run that is inside, and waits for a line.
    Process inside(const std::vector<std::string>& options, const std::string& script = "exit 0") const {
        Process run{words(options, "echo started; read line; " + script)};
        run.wait_for_out("started");
        return run;
    }
    Finished call(std::vector<std::string> words) const {
        return finish(holdfast(std::move(words)), {.environment = {{"HOLDFAST_NODES", servers.uris()}}});
    }
    size_t starts() const { return dir_.read("starts").size(); }
    size_t marks() {
        size_t count = 0;
        for (size_t i = 0; i < servers.size(); ++i) count += servers[i].text({"EXISTS", mark}) == "1" ? 1 : 0;
        return count;
    }
    void wait_in_line(size_t waiters) {
        const auto all_in_line = [&] {
            for (size_t i = 0; i < servers.size(); ++i)
                if (servers[i].text({"ZCARD", "holdfast:x:{holdfast:x}:queue"}) != std::to_string(waiters))
                    return false;
            return true;
        };
        REQUIRE(eventually(all_in_line));
    }

    RedisServers servers;

  private:
    TempDir dir_;
};

/// Without what is another each time.
std::string plain(const std::string& text) {
    const std::string no_who = std::regex_replace(text, std::regex{R"(\(\S+@\S+, pid \d+\))"}, "(WHO)");
    return std::regex_replace(no_who, std::regex{R"(\b(\d+[hm])?\d+(\.\d+)?(ms|s|m|h)\b)"}, "T");
}

const std::string skipped = "holdfast: x has succeeded already: sh (WHO), started T ago; that counts for T more; the "
                            "command was not run\n";

} // namespace

TEST_CASE("a command that has succeeded is skipped, and one sentence says for whom and for how long") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Job job{n};
        CHECK(job.run({"--once-in", "1h"}).err == "");
        CHECK(job.marks() == n);
        const Finished again = job.run({"--once-in", "1h"});
        CHECK(again.status() == 75);
        CHECK(plain(again.err) == skipped);
        const Finished for_cron = job.run({"-q", "-E", "0", "--once-in", "1h"});
        CHECK(for_cron.status() == 0);
        CHECK(for_cron.err == "");
        const Finished told = job.run({"-w", "5s", "--once-in", "1h", "--status-fd", "1"});
        CHECK(plain(told.err) == skipped);
        CHECK(json::parse(told.out).at("result") == "already_done");
        CHECK(json::parse(told.out).at("status") == 75);
        CHECK(job.starts() == 1);
        // Without the option a mark means nothing.
        CHECK(job.run({}).status() == 0);
        CHECK(job.starts() == 2);
    }
}

TEST_CASE("a success counts from the command's start, for each who asks as long as it says") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Job job{n};
        CHECK(job.run({"--once-in", "5s"}, "sleep 0.5").status() == 0);
        for (size_t i = 0; i < n; ++i) CHECK(job.servers[i].command({"PTTL", mark}).integer <= 4500);
        CHECK(job.run({"--once-in", "1h"}).status() == 75);
        // It is older than that, and the mark of the later success still counts as long as the earlier asked for.
        CHECK(job.run({"--once-in", "400ms"}, "exit 0").status() == 0);
        CHECK(job.starts() == 2);
        CHECK(job.run({"--once-in", "2s"}).status() == 75);
        for (size_t i = 0; i < n; ++i) CHECK(job.servers[i].command({"PTTL", mark}).integer > 400);
        REQUIRE(eventually([&] { return job.marks() == 0; }));
        CHECK(job.run({"--once-in", "1h"}).status() == 0);
        CHECK(job.starts() == 3);
    }
}

TEST_CASE("a command that took longer than --once-in leaves nothing to skip, and no warning") {
    Job job{3};
    const Finished slow = job.run({"--once-in", "100ms"}, "sleep 0.2");
    CHECK(slow.status() == 0);
    CHECK(slow.err == "");
    CHECK(job.marks() == 0);
}

TEST_CASE("what has not succeeded is run again") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Job job{n};
        const auto status_of = [&](const std::vector<std::string>& options, const std::string& script) {
            CAPTURE(script);
            const int status = job.run(options, script).status();
            CHECK(job.marks() == 0);
            return status;
        };
        CHECK(status_of({"--once-in", "1h"}, "exit 3") == 3);
        CHECK(status_of({"--once-in", "1h"}, "kill -9 $$") == 128 + SIGKILL);
        CHECK(status_of({"--once-in", "1h", "--max-hold", "100ms"}, "trap 'exit 0' TERM; sleep 60 & wait") == 124);
        CHECK(status_of({"--once-in", "1h", "--min-hold", "50ms"}, "exit 3") == 3);
        CHECK(job.starts() == 4);
        CHECK(finish(run_on(job.servers.uris(), {"--once-in", "1h", "x", "--", "/no/such/command"})).status() == 127);
        CHECK(job.marks() == 0);
    }
}

TEST_CASE("a command that ends well after a signal asked it to end is run again") {
    Job job{3};
    Process run = job.inside({"--once-in", "1h"}, "exit 0");
    run.signal(SIGTERM);
    CHECK(run.wait().signal() == SIGTERM);
    CHECK(job.marks() == 0);
    Process handles{job.words({"--once-in", "1h"}, "trap 'exit 0' TERM; echo started; read line; exit 0")};
    handles.wait_for_out("started");
    handles.signal(SIGTERM);
    handles.say("in case the signal came before the read\n");
    CHECK(handles.wait().status() == 0);
    CHECK(job.marks() == 0);
}

TEST_CASE("what the command left running is no success, unless it is stopped") {
    Job job{1};
    const std::string leaves = "sleep 60 >/dev/null 2>&1 </dev/null & echo $!";
    const Finished left = job.run({"--once-in", "1h", "--leftovers", "leave"}, leaves);
    ::kill(std::stoi(left.out), SIGKILL);
    CHECK(left.status() == 0);
    CHECK(job.marks() == 0);
    CHECK(job.run({"--once-in", "1h", "--leftovers", "kill"}, leaves).status() == 0);
    CHECK(job.marks() == 1);
    CHECK(job.call({"forget", "x"}).status() == 0);
    CHECK(job.run({"--once-in", "1h", "--leftovers", "leave"}).status() == 0);
    CHECK(job.marks() == 1);
}

TEST_CASE("a command that lost its lock is run again, however it ended") {
    for (const std::string on_lost : {"stop", "ignore"})
        for (const size_t n : {1U, 3U}) {
            CAPTURE(on_lost);
            CAPTURE(n);
            Job job{n};
            Process run{job.words({"--once-in", "1h", "--on-lost", on_lost},
                                  "trap 'exit 0' TERM; echo started; read line; exit 0")};
            run.wait_for_out("started");
            REQUIRE(job.call({"force-release", "--yes", "x"}).status() == 0);
            run.wait_for_err("the lock is lost");
            if (on_lost == "ignore") run.say("go on\n");
            CHECK(run.wait().status() == 79);
            CHECK(job.marks() == 0);
        }
}

TEST_CASE("a waiter is skipped when its turn comes, and leaves the line to those behind") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Job job{n};
        Process holder = job.inside({"--once-in", "1h"});
        Process second{job.words({"--once-in", "1h"}, "exit 0")};
        job.wait_in_line(1);
        Process third{job.words({"--once-in", "1h"}, "exit 0")};
        job.wait_in_line(2);
        Process plain_one{job.words({}, "exit 0")};
        job.wait_in_line(3);
        holder.say("end\n");
        CHECK(holder.wait().status() == 0);
        const Finished second_is = second.wait();
        CHECK(second_is.status() == 75);
        CHECK(has(plain(second_is.err), skipped));
        CHECK(third.wait().status() == 75);
        CHECK(plain_one.wait().status() == 0);
        CHECK(job.starts() == 2);
        job.wait_in_line(0);
    }
}

TEST_CASE("a waiter runs when the one before it has failed") {
    Job job{3};
    Process holder = job.inside({"--once-in", "1h"}, "exit 1");
    Process waiter{job.words({"--once-in", "1h"}, "exit 0")};
    job.wait_in_line(1);
    holder.say("end\n");
    CHECK(holder.wait().status() == 1);
    CHECK(waiter.wait().status() == 0);
    CHECK(job.starts() == 2);
    CHECK(job.marks() == 3);
}

TEST_CASE("a success is seen while the lock is held, as by --min-hold") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Job job{n};
        CHECK(job.run({"--once-in", "1h", "--min-hold", "9s"}).status() == 0);
        for (size_t i = 0; i < n; ++i) CHECK(job.servers[i].text({"EXISTS", "holdfast:x"}) == "1");
        CHECK(job.marks() == n);
        const Finished again = job.run({"-n", "--once-in", "1h"});
        CHECK(again.status() == 75);
        CHECK(plain(again.err) == skipped);
    }
}

TEST_CASE("the clock of a host does not matter") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Job job{n};
        CHECK(job.run({"--once-in", "1h"}, "exit 0", clock_ahead).status() == 0);
        for (size_t i = 0; i < n; ++i) CHECK(job.servers[i].command({"PTTL", mark}).integer <= 3'600'000);
        CHECK(job.run({"--once-in", "1m"}).status() == 75);
        CHECK(job.run({"--once-in", "1m"}, "exit 0", clock_ahead).status() == 75);
        CHECK(job.starts() == 1);
    }
}

TEST_CASE("two hosts, twenty jobs, and each first try in a period fails: each job succeeds once in each period") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        const TempDir dir;
        const std::string script = fmt::format("echo >>{0}/{1}.tries; [ $(wc -l <{0}/{1}.tries) -gt ${{period}} ] && "
                                               "echo >>{0}/{1}.successes",
                                               dir.path(), "$HOLDFAST_LOCK");
        const std::string host = fmt::format(
            "for pass in 1 2; do for job in $(seq 20); do '{}' run -q -E 0 --node '{}' --once-in 1h job$job "
            "-c '{}'; done; done; exit 0",
            HOLDFAST_BINARY, servers.uris(), script);
        for (size_t period = 1; period <= 2; ++period) {
            // The first try of a period is the one that makes as many tries as there were periods, and successes
            // before.
            const std::string failing = std::to_string(2 * period - 1);
            ProcessOptions wrong = clock_ahead;
            wrong.environment["period"] = failing;
            Process one{{"sh", "-c", host}, {.environment = {{"period", failing}}}};
            Process other{{"sh", "-c", host}, wrong};
            CHECK(one.wait().status() == 0);
            CHECK(other.wait().status() == 0);
            for (int job = 1; job <= 20; ++job) {
                CAPTURE(job);
                CHECK(dir.read(fmt::format("job{}.successes", job)).size() == period);
                CHECK(dir.read(fmt::format("job{}.tries", job)).size() == 2 * period);
                // The period ends for the server.
                for (size_t i = 0; i < n; ++i)
                    CHECK(servers[i].text(
                              {"PEXPIRE", fmt::format("holdfast:job{0}:{{holdfast:job{0}}}:done", job), "0"}) == "1");
            }
        }
    }
}

TEST_CASE("one mark among the answers of a majority is enough") {
    for (size_t remembers = 0; remembers < 3; ++remembers) {
        CAPTURE(remembers);
        Job job{3};
        CHECK(job.run({"--once-in", "1h"}).status() == 0);
        for (size_t i = 0; i < 3; ++i)
            if (i != remembers) job.servers[i].command({"DEL", mark});
        // Of the two that forgot one is gone, so that the others are the majority.
        job.servers[(remembers + 1) % 3].kill();
        CHECK(job.run({"--once-in", "1h"}).status() == 75);
        CHECK(job.starts() == 1);
        // And no minority decides.
        job.servers[(remembers + 2) % 3].kill();
        CHECK(job.run({"-n", "--once-in", "1h"}).status() == 69);
    }
}

TEST_CASE("a success that fewer than a majority remember is told, also with -q") {
    Job job{3};
    Process run = job.inside({"-q", "--once-in", "1h"});
    for (const size_t i : {0U, 1U}) job.servers[i].command({"LPUSH", mark, "no mark"});
    run.say("end\n");
    const Finished done = run.wait();
    CHECK(done.status() == 0);
    const std::vector<Node> nodes = job.servers.nodes();
    CHECK(done.err == fmt::format("holdfast: too few nodes remember this success (--once-in); the next one may run "
                                  "again\n  {}  confirmed\n  {}  confirmed\n  {}  confirmed, success marked\n",
                                  nodes[0].display(), nodes[1].display(), nodes[2].display()));
    for (size_t i = 0; i < 3; ++i) CHECK(job.servers[i].text({"EXISTS", "holdfast:x"}) == "0");
    CHECK(job.servers[2].text({"EXISTS", mark}) == "1");
}

TEST_CASE("a server whose memory is full still remembers a success") {
    for (const std::vector<std::string>& options :
         {std::vector<std::string>{"--once-in", "1h"}, {"--once-in", "1h", "--min-hold", "9s"}}) {
        Job job{1};
        Process run = job.inside(options);
        job.servers[0].command({"CONFIG", "SET", "maxmemory", "1"});
        run.say("end\n");
        const Finished done = run.wait();
        CHECK(done.status() == 0);
        CHECK(done.err == "");
        CHECK(job.marks() == 1);
    }
}

TEST_CASE("forget lets the next one run") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        Job job{n};
        CHECK(job.run({"--once-in", "1h"}).status() == 0);
        const Finished forgotten = job.call({"forget", "x"});
        CHECK(forgotten.status() == 0);
        CHECK(plain(forgotten.out) == "forgotten: sh (WHO), started T ago\n");
        CHECK(job.marks() == 0);
        CHECK(job.run({"--once-in", "1h"}).status() == 0);
        CHECK(job.starts() == 2);
        CHECK(job.call({"forget", "--no-scripts", "x"}).status() == 0);
        CHECK(job.marks() == 0);
        CHECK(job.call({"forget", "x"}).out ==
              "no success of x to forget; --once-in makes a run remember its success\n");
    }
}

TEST_CASE("forget touches nothing that is no mark, and says where it stands") {
    for (const size_t n : {1U, 3U})
        for (const std::string way : {"--quiet", "--no-scripts"}) {
            CAPTURE(n);
            CAPTURE(way);
            Job job{n};
            const std::string done = "holdfast:x:{holdfast:x}:done";
            job.servers[0].command({"RPUSH", done, "something"});
            const Finished refused = job.call({"forget", way, "x"});
            CHECK(refused.status() == 76);
            CHECK(refused.out == "");
            CHECK(refused.err.starts_with(
                fmt::format("holdfast: the key {} is not what --once-in writes there, and was not touched; look at it, "
                            "and delete it if nothing needs it (DEL)\n  ",
                            done)));
            CHECK(has(refused.err, "  the key has another type"));
            CHECK(job.servers[0].text({"LLEN", done}) == "1");
        }
}

TEST_CASE("forget needs every node, and says which may remember, and for how long") {
    Job job{3, {"--appendonly", "yes", "--appendfsync", "always"}};
    CHECK(job.run({"--once-in", "1h"}).status() == 0);
    job.servers[1].kill();
    const Finished in_part = job.call({"forget", "x"});
    CHECK(in_part.status() == 69);
    CHECK(in_part.out == "");
    const std::vector<Node> nodes = job.servers.nodes();
    CHECK(has(plain(in_part.err), fmt::format("holdfast: 1 of 3 nodes did not answer and may remember the success of x "
                                              "for T more; forget it again when they do\n  {}  forgotten\n  {}  ",
                                              nodes[0].display(), nodes[1].display())));
    job.servers[1].start();
    CHECK(job.marks() == 1);
    // The two that have forgotten are a quorum, which may answer before the one that remembers.
    job.servers[0].pause();
    CHECK(job.run({"--once-in", "1h"}).status() == 75);
    job.servers[0].resume();
    CHECK(job.call({"forget", "x"}).status() == 0);
    CHECK(job.marks() == 0);
}

TEST_CASE("--once-in needs scripts, and a node that takes none is named") {
    Job job{3};
    const Finished told = job.run({"--no-scripts", "--once-in", "1h"});
    CHECK(told.status() == 78);
    CHECK(told.err ==
          "holdfast: --once-in needs Lua scripts on the nodes, which --no-scripts rules out; leave one of them out\n");
    job.servers[0].command({"ACL", "SETUSER", "default", "-eval", "-evalsha"});
    CHECK(job.run({"--once-in", "1h"}).status() == 0);
    CHECK(job.call({"forget", "x"}).status() == 0);
    job.servers[1].command({"ACL", "SETUSER", "default", "-eval", "-evalsha"});
    const Finished refused = job.run({"--once-in", "1h"});
    CHECK(refused.status() == 78);
    CHECK(refused.err.starts_with(
        "holdfast: --shared, --slots and --once-in need Lua scripts, and too few nodes run them for this user; the "
        "command was not run\n"));
    CHECK(has(refused.err, "it runs no scripts, which shared locks, slots and --once-in need"));
    CHECK(job.starts() == 1);
    CHECK(job.servers[2].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("--once-in is for run alone, one name, and a time") {
    const RedisServer server;
    const auto refused = [&](const std::vector<std::string>& words) {
        const Finished done = finish(holdfast(words), {.environment = {{"HOLDFAST_NODES", server.uri()}}});
        CHECK(done.status() == 64);
        return done.err;
    };
    CHECK(refused({"run", "--once-in", "0", "x", "true"}) ==
          "holdfast: --once-in 0 would skip nothing; leave it out\n");
    CHECK(has(refused({"run", "--once-in", "daily", "x", "true"}), "--once-in 'daily' is not a duration"));
    CHECK(refused({"run", "--once-in", "1h", "x,y", "true"}) ==
          "holdfast: --once-in is for one lock; give a name without a comma\n");
    for (const std::vector<std::string>& kind : {std::vector<std::string>{"--shared"}, {"--slots", "3"}}) {
        std::vector<std::string> words{"run", "--once-in", "1h", "x", "true"};
        words.insert(words.begin() + 1, kind.begin(), kind.end());
        CHECK(refused(words) == "holdfast: --once-in holds the lock alone; leave --shared and --slots out\n");
    }
    CHECK(has(refused({"acquire", "--once-in", "1h", "x"}), "'--once-in' is not an option of holdfast acquire"));
    // No variable turns it on.
    const Finished done = finish(run_on(server.uri(), {"x", "true"}), {.environment = {{"HOLDFAST_ONCE_IN", "1h"}}});
    CHECK(done.status() == 0);
    CHECK(done.err == "holdfast: HOLDFAST_ONCE_IN sets nothing; --once-in is for the command line alone\n");
    CHECK(server.text({"EXISTS", mark}) == "0");
}

TEST_CASE("status tells of the last success") {
    Job job{3};
    CHECK(json::parse(job.call({"status", "--json", "x"}).out).at("last_success").is_null());
    CHECK(job.run({"--once-in", "1h", "--label", "nightly"}).status() == 0);
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"status", "x"}, {"status", "--no-scripts", "x"}})
        CHECK(plain(job.call(words).out)
                  .find("x is free\n  last success: nightly (WHO), started T ago; that counts for T more\n") == 0);
    const json success = json::parse(job.call({"status", "--json", "x"}).out).at("last_success");
    CHECK(success.at("label") == "nightly");
    CHECK(success.at("age_ms").get<int64_t>() + success.at("counts_for_ms").get<int64_t>() <= 3'600'000);
}

} // namespace holdfast::test::once_test
