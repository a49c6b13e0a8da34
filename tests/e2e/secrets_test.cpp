// A password is seen by nobody: not in what we print, not in the environment of what we start, not by ps.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace holdfast::test::secrets_test {

namespace {

const std::string right = "r1ght-Geheim";
const std::string wrong = "wr0ng-Falsches";

std::string read_all(const std::string& path) {
    std::ifstream stream{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
}

/// One of the ways to give a password: words, environment.
struct Way {
    std::string name;
    std::vector<std::string> words{};
    std::map<std::string, std::string> environment{};
};

std::vector<Way> ways(const RedisServer& server, const TempDir& dir, const std::string& password) {
    const std::string plain = server.uri();
    const std::string with_password = fmt::format("redis://default:{}@{}", password, plain.substr(8));
    return {
        {"URI typed", {"--node", with_password}},
        {"URI typed in one word", {"--node=" + with_password}},
        {"URI in the environment", {}, {{"HOLDFAST_NODES", with_password}}},
        {"HOLDFAST_PASSWORD", {"--node", plain}, {{"HOLDFAST_PASSWORD", password}}},
        {"password file",
         {"--node", plain, "--password-file",
          dir.write("password" + std::to_string(password.size()), password + "\n", 0600)}},
        {"config file",
         {"--config", dir.write("c.toml" + std::to_string(password.size()),
                                fmt::format("nodes = ['{}']\npassword = '{}'\n", plain, password), 0600)}},
        {"URI in the config file",
         {"--config",
          dir.write("u.toml" + std::to_string(password.size()), fmt::format("nodes = ['{}']\n", with_password), 0600)}},
    };
}

Process start(const Way& way, std::vector<std::string> words) {
    words.insert(words.begin(), HOLDFAST_BINARY);
    words.insert(words.begin() + 1, way.words.begin(), way.words.end());
    return Process{words, {.environment = way.environment}};
}

} // namespace

TEST_CASE("no command prints the password, right or wrong, wherever it came from") {
    const RedisServer server{{"--requirepass", right}, RedisServer::Listens::loopback};
    const TempDir dir;
    for (const std::string& password : {right, wrong})
        for (const Way& way : ways(server, dir, password))
            for (const auto& words : std::vector<std::vector<std::string>>{
                     {"run", "-v", "x", "true"},
                     {"run", "-v", "--log-format", "json", "x", "true"},
                     {"run", "--status-fd", "1", "x", "true"},
                     {"acquire", "-v", "--ttl", "1s", "--grace", "0", "y"},
                     {"acquire", "--json", "--ttl", "1s", "z"},
                     {"acquire", "--export", "--ttl", "1s", "w"},
                     {"renew", "--token", "a.1", "x"},
                     {"release", "--token", "a.1", "x"},
                     {"verify", "--token", "a.1", "x"},
                     {"status", "x"},
                     {"status", "--json", "x"},
                     {"list"},
                     {"list", "--json"},
                     {"doctor"},
                     {"doctor", "--json"},
                     {"doctor", "--acl"},
                     {"force-release", "-y", "x"},
                     {"--print-config"},
                 }) {
                CAPTURE(way.name);
                CAPTURE(words.front());
                const Finished done = start(way, words).wait();
                CAPTURE(done.out);
                CAPTURE(done.err);
                const bool asks = words.front() != "--print-config" && words.back() != "--acl";
                if (asks && password == wrong) CHECK(done.status() != 0);
                CHECK_FALSE(has(done.out + done.err, password));
            }
}

TEST_CASE("neither we nor what we start show the password, in the environment or to ps") {
    const RedisServer server{{"--requirepass", right}, RedisServer::Listens::loopback};
    const TempDir dir;
    for (const Way& way : ways(server, dir, right)) {
        CAPTURE(way.name);
        Process run = start(way, {"run", "x", "-c", "echo started; read line"});
        run.wait_for_out("started");
        const std::string us = std::to_string(run.pid());
        const std::string children = read_all(fmt::format("/proc/{}/task/{}/children", us, us));
        std::vector<std::string> pids{us};
        for (size_t begin = 0, end = 0; (end = children.find(' ', begin)) != std::string::npos; begin = end + 1)
            pids.push_back(children.substr(begin, end - begin));
        REQUIRE(pids.size() == 3); // itself, its guard and the command
        size_t commands = 0;
        for (const std::string& pid : pids) {
            const std::string words = read_all(fmt::format("/proc/{}/cmdline", pid));
            CHECK_FALSE(words.empty());
            CHECK_FALSE(has(words, right));
            // Ours and the guard's only root may see.
            const std::string environment = read_all(fmt::format("/proc/{}/environ", pid));
            CHECK_FALSE(has(environment, right));
            if (has(environment, "HOLDFAST_TOKEN=")) ++commands;
        }
        CHECK(commands == 1);
        run.say("\n");
        CHECK(run.wait().status() == 0);
    }
}

TEST_CASE(
    "a password is changed while a lock is held, and its file with it: the holder goes on, and so does a waiter") {
    RedisServer server{{"--requirepass", "first"}, RedisServer::Listens::loopback};
    const TempDir dir;
    const std::string file = dir.write("password", "first\n", 0600);
    const auto run = [&](const char* command) {
        return Process{run_on(server.uri(), {"--password-file", file, "--ttl", "2s", "x", "-c", command})};
    };
    Process holder = run("echo started; read line");
    holder.wait_for_out("started");
    Process waiter = run("echo in");
    waiter.wait_for_err("waiting");
    const auto ask = [&](const char* password, std::vector<std::string> words) {
        words.insert(words.begin(),
                     {"redis-cli", "-p", std::to_string(server.port()), "--no-auth-warning", "-a", password});
        return finish(words).out;
    };
    CHECK(ask("first", {"CONFIG", "SET", "requirepass", "second"}) == "OK\n");
    dir.write("password", "second\n", 0600);
    // In Redis a connection stays let in when the password changes, so it has to break.
    CHECK(ask("second", {"CLIENT", "KILL", "USER", "default"}) != "0\n");
    const std::string expires = ask("second", {"PEXPIRETIME", "holdfast:x"});
    REQUIRE(eventually([&] { return ask("second", {"PEXPIRETIME", "holdfast:x"}) > expires; }));
    CHECK(holder.running());
    holder.say("\n");
    CHECK(holder.wait().status() == 0);
    const Finished waited = waiter.wait();
    CHECK(waited.status() == 0);
    CHECK(waited.out == "in\n");
}

TEST_CASE("a password file that has gone, or become empty, takes nothing away from a holder") {
    RedisServer server{{"--requirepass", right}, RedisServer::Listens::loopback};
    const TempDir dir;
    const std::string file = dir.write("password", right, 0600);
    Process holder{
        run_on(server.uri(), {"--password-file", file, "--ttl", "2s", "x", "-c", "echo started; read line"})};
    holder.wait_for_out("started");
    const auto ask = [&](std::vector<std::string> words) {
        words.insert(words.begin(),
                     {"redis-cli", "-p", std::to_string(server.port()), "--no-auth-warning", "-a", right});
        return finish(words).out;
    };
    for (const bool empty : {true, false}) {
        if (empty) dir.write("password", "", 0600);
        else std::filesystem::remove(file);
        CHECK(ask({"CLIENT", "KILL", "USER", "default"}) != "0\n");
        const std::string expires = ask({"PEXPIRETIME", "holdfast:x"});
        REQUIRE(eventually([&] { return ask({"PEXPIRETIME", "holdfast:x"}) > expires; }));
    }
    holder.say("\n");
    CHECK(holder.wait().status() == 0);
}

TEST_CASE("a password file that others may read is refused, with advice that can be followed where it is mounted") {
    const TempDir dir;
    const std::string file = dir.write("password", right, 0644);
    const std::vector<std::string> words = run_on("redis://127.0.0.1:1", {"-n", "--password-file", file, "x", "true"});
    const std::string refusal = "holdfast: --password-file " + file + ": others may read the password; ";
    CHECK(finish(words).err == refusal + "chmod o-r " + file + "\n");
    std::vector<std::string> read_only{
        "unshare", "-rm", "sh", "-c", "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"",
        dir.path()};
    std::vector<std::string> can = read_only;
    can.emplace_back("true");
    if (finish(can).status() != 0) {
        MESSAGE("skipped: nothing may be mounted here");
        return;
    }
    read_only.insert(read_only.end(), words.begin(), words.end());
    const Finished done = finish(read_only);
    CHECK(done.status() == 78);
    CHECK(done.err == refusal + "its mount is read-only, so give the mode where it is mounted: in Kubernetes "
                                "defaultMode: 0440 and an fsGroup, in Docker mode: 0440 and a gid\n");
}

TEST_CASE("a lone word before the '@' is a password or a user: it needs a password from elsewhere, and is not shown") {
    const RedisServer server{{"--user", "geheim", "on", "nopass", "~*", "&*", "+@all"}, RedisServer::Listens::loopback};
    const std::string host = server.uri().substr(8);
    const Finished refused = finish(run_on("redis://geheim@" + host, {"x", "echo", "never"}));
    CHECK(refused.status() == 78);
    CHECK(refused.out == "");
    CHECK(refused.err == "holdfast: node 1 of the list cannot be used: the word before its '@' may be a password or a "
                         "user; write :PASSWORD@, or USER:@ for a user without a password (HOLDFAST_PASSWORD or "
                         "--password-file gives one)\n");
    const std::vector<std::string> who{"x", "-c", "redis-cli -p " + std::to_string(server.port()) + " CLIENT LIST"};
    for (const auto& [login, environment] : std::vector<std::pair<std::string, std::map<std::string, std::string>>>{
             {"geheim:@", {}}, {"geheim@", {{"HOLDFAST_PASSWORD", "any"}}}}) {
        const Finished run = Process{run_on("redis://" + login + host, who), {.environment = environment}}.wait();
        CHECK(run.status() == 0);
        CHECK(has(run.out, "user=geheim"));
    }
}

TEST_CASE("what a comma cut off a password in an option is told with the right way to write it, and not shown") {
    for (const char* rest : {"geheim:x", "http://geheim"}) {
        const Finished refused = finish(run_on(
            "sentinel://127.0.0.1/m?sentinel-password=a," + std::string{rest} + ",redis://db", {"x", "echo", "never"}));
        CHECK(refused.status() == 78);
        CHECK(refused.err == "holdfast: node 2 of the list cannot be used: it is mistyped, or the rest of a password, "
                             "in which ',' is written %2C\n");
    }
}

TEST_CASE("no core dump has our memory") {
    const RedisServer server{{"--requirepass", right}, RedisServer::Listens::loopback};
    const TempDir dir;
    const std::string uri = fmt::format("redis://:{}@{}", right, server.uri().substr(8));
    const rlimit no_limit{RLIM_INFINITY, RLIM_INFINITY};
    Process run{run_on(uri, {"x", "-c", "echo started; exec sleep 60"}), {.in_child = [&] {
                    ::setrlimit(RLIMIT_CORE, &no_limit);
                    ::chdir(dir.path().c_str());
                }}};
    run.wait_for_out("started");
    run.signal(SIGABRT);
    const Finished done = run.wait();
    CHECK(done.signal() == SIGABRT);
    CHECK_FALSE(WCOREDUMP(done.wait_status));
}

} // namespace holdfast::test::secrets_test
