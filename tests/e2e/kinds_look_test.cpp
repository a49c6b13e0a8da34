// What people see of a lock with several holders, and how one of them is taken away.
#include "support/holdfast.hpp"
#include "support/hostile_server.hpp"
#include "support/pty.hpp"
#include "support/script_text.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <mutex>

namespace holdfast::test::kinds_look_test {

using nlohmann::json;
using Words = std::vector<std::string>;

namespace {

Finished call(const RedisServers& servers, Words words) {
    return finish(holdfast::test::holdfast(std::move(words)), {.environment = {{"HOLDFAST_NODES", servers.uris()}}});
}

/// One that holds x in that kind until it is told to end.
struct Holding {
    Process process;

    Holding(const RedisServers& servers, Words kind, const std::string& label)
        : process{[&] {
              kind.insert(kind.end(), {"--label", label, "x", "-c", "echo in; read line"});
              return run_on(servers.uris(), kind);
          }()} {
        process.wait_for_out("in\n");
    }
    int end() {
        process.say("\n");
        return process.wait().status();
    }
};

json status(const RedisServers& servers) { return json::parse(call(servers, {"status", "--json", "x"}).out); }

std::vector<std::string> labels(const json& holders) {
    std::vector<std::string> all;
    for (const json& one : holders) all.push_back(one["label"]);
    std::ranges::sort(all);
    return all;
}

/// The run of the holder with that label, as status shows it.
std::string run_of(const RedisServers& servers, const std::string& label) {
    const json all = status(servers)["holders"];
    for (const json& one : all)
        if (one["label"] == label) return one["run"];
    return "";
}

} // namespace

TEST_CASE("status and list show all that share a lock, and no token") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        Holding first{servers, {"--shared"}, "first"};
        CHECK(call(servers, {"list"}).out.ends_with("), shared\n"));
        Holding second{servers, {"--shared"}, "second"};
        // A run may begin before the last node has granted.
        REQUIRE(eventually([&] {
            const json all = status(servers)["holders"];
            return std::ranges::all_of(all, [&](const json& one) { return one["nodes_holding"] == n; });
        }));
        const Finished text = call(servers, {"status", "x"});
        CHECK(text.status() == 0);
        CHECK(text.out.starts_with("x is shared by 2 holders\n  HELD FOR  EXPIRES IN  NODES  RUN           HOLDER\n"));
        CHECK(text.out.find(" first (") < text.out.find(" second ("));
        CHECK(has(text.out, fmt::format("  {0}/{0}    {1}  first (", n, run_of(servers, "first"))));
        const Finished as_json = call(servers, {"status", "--json", "x"});
        const json seen = json::parse(as_json.out);
        CHECK(seen["state"] == "held");
        CHECK(seen["kind"] == "shared");
        CHECK(seen["slots"].is_null());
        CHECK(seen["holder"].is_null());
        CHECK(seen["nodes_holding"] == n);
        CHECK(labels(seen["holders"]) == Words{"first", "second"});
        for (const json& one : seen["holders"]) {
            CHECK(one["nodes_holding"] == n);
            CHECK(one["slot"].is_null());
            CHECK(one["run"].get<std::string>().size() == 12);
            CHECK(one["expires_in_ms"] <= 30000);
        }
        const Finished list = call(servers, {"list"});
        CHECK(has(list.out, fmt::format("{0}/{0}    2 share it (oldest: first (", n)));
        const Finished listed = call(servers, {"list", "--json"});
        CHECK(labels(json::parse(listed.out)["locks"][0]["holders"]) == Words{"first", "second"});
        const std::string run =
            servers[0].command({"ZRANGE", "holdfast:x:{holdfast:x}:members", "0", "0"}).items[0].text;
        CHECK(run.size() == 32);
        for (const Finished& shown : {text, as_json, list, listed}) CHECK_FALSE(has(shown.out, run));
        CHECK(first.end() == 0);
        CHECK(call(servers, {"status", "x"}).out.starts_with("x is shared by 1 holder\n"));
        CHECK(second.end() == 0);
        const json free = status(servers);
        CHECK(free["kind"].is_null());
        CHECK(free["holders"] == json::array());
    }
}

TEST_CASE("status and list show which slots are held") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        Holding one{servers, {"--slots", "3"}, "one"};
        CHECK(call(servers, {"status", "x"}).out.starts_with("1 of 3 slots of x is held\n"));
        Holding two{servers, {"--slots", "3"}, "two"};
        const std::string text = call(servers, {"status", "x"}).out;
        CHECK(text.starts_with("2 of 3 slots of x are held\n  SLOT  HELD FOR"));
        CHECK(has(call(servers, {"list"}).out, " 2 of 3 slots (oldest: one ("));
        const json seen = status(servers);
        CHECK(seen["kind"] == "slots");
        CHECK(seen["slots"] == 3);
        CHECK(seen["holders"][0]["slot"] < seen["holders"][1]["slot"]);
        CHECK(one.end() == 0);
        CHECK(two.end() == 0);
    }
}

TEST_CASE("of very many that share a lock a hundred are shown, those that end last") {
    RedisServers servers{1};
    const RedisServer& server = servers[0];
    const milliseconds now = wall_time_since_epoch();
    server.command({"SET", "holdfast:x", "+holdfast-shared", "PX", "7200000"});
    for (int i = 0; i < 103; ++i) {
        const std::string run = fmt::format("{:032x}", i);
        const std::string record = fmt::format(
            R"({}.1 {{"v":1,"label":"r{}","user":"u","host":"h","pid":1,"since":{},"ttl_ms":1000,"kind":"shared"}})",
            run, i, now.count() - 1000 + i);
        server.command({"ZADD", "holdfast:x:{holdfast:x}:members", std::to_string(now.count() + 3'600'000 + i), run});
        server.command({"HSET", "holdfast:x:{holdfast:x}:records", run, record});
    }
    const std::string text = call(servers, {"status", "x"}).out;
    CHECK(text.starts_with("x is shared by at least 100 holders\n"));
    CHECK_FALSE(has(text, " r2 (u@h"));
    CHECK(has(text, " r3 (u@h"));
    CHECK(has(call(servers, {"list"}).out, " at least 100 share it (oldest: r3 ("));
    CHECK(json::parse(call(servers, {"list", "--json"}).out)["locks"][0]["holders"].size() == 100);
    // Each holder is told of itself, by scripts and without them.
    for (const char* run : {"0", "2", "3"})
        for (const char* option : {"--quiet", "--no-scripts"}) {
            CAPTURE(run);
            CHECK(call(servers, {option, "verify", "--token", fmt::format("{:0>32}.1", run), "x"}).status() == 0);
        }
    CHECK(call(servers, {"verify", "--token", fmt::format("{:0>32}.1", "abc"), "x"}).status() == 79);
}

TEST_CASE("a holder on less than a majority is shown, and does not count") {
    RedisServers servers{3};
    Holding first{servers, {"--shared"}, "first"};
    Holding second{servers, {"--shared", "--ttl", "300s"}, "second"};
    first.process.signal(SIGSTOP); // the holder would find what follows at its next renewal, and end
    const std::string stray = servers[0].command({"ZRANGE", "holdfast:x:{holdfast:x}:members", "0", "0"}).items[0].text;
    for (const size_t i : {1U, 2U}) servers[i].command({"ZREM", "holdfast:x:{holdfast:x}:members", stray});
    const std::string text = call(servers, {"status", "x"}).out;
    CHECK(text.starts_with("x is shared by 1 holder\n"));
    CHECK(has(text, "  1/3    " + stray.substr(0, 12)));
}

TEST_CASE("of several holders force-release wants to know which, and the others go on") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        Holding first{servers, {"--shared"}, "first"};
        Holding second{servers, {"--shared"}, "second"};
        Holding third{servers, {"--shared"}, "third"};
        const Finished unsaid = call(servers, {"force-release", "--yes", "x"});
        CHECK(unsaid.status() == 64);
        CHECK(unsaid.out.starts_with("x is shared by 3 holders\n"));
        CHECK(unsaid.err == "holdfast: x has 3 holders; say which one: --holder RUN, or --all-holders\n");
        const Finished nobody = call(servers, {"force-release", "--yes", "--holder", "nobody", "x"});
        CHECK(nobody.status() == 1);
        CHECK(nobody.out.ends_with("\nno run there begins with 'nobody', nothing to take away; --holder takes the "
                                   "beginning of RUN, and --all-holders takes all\n"));
        const std::string run = run_of(servers, "second");
        const Finished dry = call(servers, {"force-release", "--dry-run", "--holder", run.substr(0, 6), "x"});
        CHECK(has(dry.out, "\nwithout --dry-run it would be taken away from second ("));
        CHECK(status(servers)["holders"].size() == 3);

        const Finished taken = call(servers, {"force-release", "--yes", "--holder", run, "x"});
        CHECK(taken.status() == 0);
        CHECK(has(taken.out, "\ntaken away from second ("));
        CHECK(taken.out.ends_with("\n  x is shared by 2 holders now; 0 waiting\n"));
        const Finished robbed = second.process.wait();
        CHECK(robbed.status() == 79);
        CHECK(has(robbed.err, " has taken it away (force-release)"));
        CHECK(call(servers, {"force-release", "--yes", "--holder", run, "x"}).status() == 1);
        CHECK(labels(status(servers)["holders"]) == Words{"first", "third"});

        CHECK(call(servers, {"force-release", "--yes", "--all-holders", "--older-than", "1h", "x"}).status() == 1);
        const Finished all = call(servers, {"force-release", "--yes", "--all-holders", "x"});
        CHECK(all.status() == 0);
        CHECK(all.out.ends_with("\n  nobody waits for x\n"));
        CHECK(first.process.wait().status() == 79);
        CHECK(third.process.wait().status() == 79);
        CHECK(call(servers, {"status", "x"}).status() == 1);
    }
}

TEST_CASE("force-release of all goes on where one has just let go, or given way to another holder") {
    const std::string members = "holdfast:x:{holdfast:x}:members";
    const std::string records = "holdfast:x:{holdfast:x}:records";
    const std::string other = std::string(32, 'f') + ".1 {\"v\":1,\"kind\":\"slots\",\"slots\":2,\"slot\":1}";
    for (const bool another : {false, true}) {
        CAPTURE(another);
        RedisServers servers{1};
        Holding one{servers, {"--slots", "2"}, "one"};
        Holding two{servers, {"--slots", "2"}, "two"};
        // What happens between the look at the holders and the first of them.
        std::string first;
        std::mutex of_first;
        const HostileServer between{{.name = "between"}, servers[0].node(), [&](const auto& words) {
                                        const std::lock_guard lock{of_first};
                                        if (!first.empty() || !has(script_text(words), "is_same_hold(record, theirs)"))
                                            return false;
                                        first = servers[0].command({"HGET", records, "1"}).text;
                                        if (another) servers[0].command({"HSET", records, "1", other});
                                        else servers[0].command({"ZREM", members, "1"});
                                        if (!another) servers[0].command({"HDEL", records, "1"});
                                        return false;
                                    }};
        const Finished taken =
            finish(holdfast::test::holdfast({"force-release", "--yes", "--all-holders", "--node", between.uri(), "x"}));
        CAPTURE(taken.err);
        CHECK(taken.status() == 0);
        CHECK(has(taken.out, another ? " has just let go, and another holder came: nothing to take away\n"
                                     : " has just let go: nothing to take away\n"));
        const std::lock_guard lock{of_first};
        const bool was_one = has(first, "\"label\":\"one\"");
        CHECK(has(taken.out, fmt::format("\ntaken away from {} (", was_one ? "two" : "one")));
        CHECK((was_one ? two : one).process.wait().status() == 79);
        CHECK(servers[0].command({"HGET", records, "1"}).text == (another ? other : ""));
    }
}

TEST_CASE("force-release takes a holder by its slot, and the next in line gets that slot") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        RedisServers servers{n};
        Holding one{servers, {"--slots", "2"}, "one"};
        Holding two{servers, {"--slots", "2"}, "two"};
        Process waiter{run_on(servers.uris(), {"--slots", "2", "x", "-c", "echo slot $HOLDFAST_SLOT"})};
        REQUIRE(eventually([&] { return servers[0].text({"ZCARD", "holdfast:x:{holdfast:x}:queue"}) == "1"; }));
        CHECK(call(servers, {"force-release", "--yes", "x"}).err ==
              "holdfast: x has 2 holders; say which one: --holder RUN or --slot N, or --all-holders\n");
        CHECK(call(servers, {"force-release", "--yes", "--slot", "7", "x"}).status() == 1);
        CHECK(call(servers, {"force-release", "--yes", "--slot", "1", "--all-holders", "x"}).status() == 64);
        CHECK(call(servers, {"force-release", "--yes", "--slot", "2", "x"}).status() == 0);
        CHECK(waiter.wait().out == "slot 2\n");
        const bool first_is_left = labels(status(servers)["holders"]) == Words{"one"};
        CHECK((first_is_left ? one : two).end() == 0);
        CHECK((first_is_left ? two : one).process.wait().status() == 79);
    }
}

TEST_CASE("one holder of a group is asked for and taken as an exclusive one is") {
    RedisServers servers{1};
    Holding only{servers, {"--shared"}, "only"};
    CHECK(call(servers, {"force-release", "-y", "x"}).status() == 0);
    CHECK(only.process.wait().status() == 79);
    CHECK(servers[0].text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("at a terminal force-release shows the holders, and says how to name one") {
    RedisServers servers{1};
    Holding first{servers, {"--shared"}, "first"};
    Holding second{servers, {"--shared"}, "second"};
    const std::string binary = HOLDFAST_BINARY;
    Shell shell{{{"PATH", binary.substr(0, binary.rfind('/')) + ":" + std::getenv("PATH")},
                 {"HOLDFAST_NODES", servers.uris()}}};
    shell.say("holdfast force-release x\r");
    shell.wait_for("x is shared by 2 holders");
    shell.wait_for("say which one: --holder RUN, or --all-holders");
    CHECK(shell.wait_for_prompt() == 64);
    shell.say("holdfast force-release --all-holders x\r");
    shell.wait_for("take it away from 2 holders? [y/N] ");
    shell.say("y\r");
    CHECK(shell.wait_for_prompt() == 0);
    CHECK(first.process.wait().status() == 79);
    CHECK(second.process.wait().status() == 79);
}

TEST_CASE("the line of one that waits says how many are in its way") {
    RedisServers servers{1};
    Holding first{servers, {"--slots", "2"}, "first"};
    Holding second{servers, {"--slots", "2"}, "second"};
    Process waiter{run_on(servers.uris(), {"--slots", "2", "x", "true"})};
    waiter.wait_for_err("all 2 slots of x are held (oldest: first (");
    Process writer{run_on(servers.uris(), {"x", "true"})};
    writer.wait_for_err("all 2 slots of x are held (oldest: first (");
    CHECK(first.end() == 0);
    CHECK(second.end() == 0);
    CHECK(waiter.wait().status() == 0);
    CHECK(writer.wait().status() == 0);
    Holding reader{servers, {"--shared"}, "reader"};
    Holding other{servers, {"--shared"}, "other"};
    Process late{run_on(servers.uris(), {"x", "true"})};
    late.wait_for_err("x is held by 2 (oldest: reader (");
    CHECK(reader.end() == 0);
    CHECK(other.end() == 0);
    CHECK(late.wait().status() == 0);
}

} // namespace holdfast::test::kinds_look_test
