// What TAB offers: in the real shells, with the script that each of them gets.
#include "support/holdfast.hpp"
#include "support/pty.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

namespace holdfast::test::completion_test {

namespace {

using Variables = std::map<std::string, std::string>;
using Words = std::vector<std::string>;

/// With holdfast in the PATH, and without anybody's configuration.
Variables around(const std::string& nodes = "") {
    const std::string folder = std::filesystem::path{HOLDFAST_BINARY}.parent_path();
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
    return {{"PATH", fmt::format("{}:{}", folder, std::getenv("PATH"))},
            {"HOLDFAST_NODES", nodes},
            {"HOLDFAST_CONFIG", ""},
            {"XDG_CONFIG_HOME", ""},
            {"HOME", "/nonexistent"}};
}

Words lines(const std::string& text) {
    Words all;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        all.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    std::ranges::sort(all);
    return all;
}

/// What the script that is installed for bash puts into COMPREPLY for that line, with the cursor at its end. The line
/// is taken apart by bash's own reader, at blanks and at '=' and ':'.
Words in_bash(const std::string& line, const std::string& nodes = "", Variables more = {}) {
    constexpr const char* script = R"(
        source <(holdfast completion bash)
        COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=()
        rest=$1
        while [[ $rest =~ ^([[:space:]]*)([=:]+|[^[:space:]=:]+)(.*)$ ]]; do
            COMP_WORDS+=("${BASH_REMATCH[2]}") rest=${BASH_REMATCH[3]}
        done
        [[ $1 != *[[:space:]] ]] || COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        current=${COMP_WORDS[COMP_CWORD]}
        [[ $current != [=:]* ]] || current=''
        compopt() { :; }
        _holdfast holdfast "$current"
        printf '%s\n' "${COMPREPLY[@]}"
    )";
    more.merge(around(nodes));
    const Finished finished = finish({"bash", "-c", script, "bash", line}, {.environment = std::move(more)});
    CHECK(finished.err == "");
    return lines(finished.out);
}

bool installed(const std::string& shell) {
    if (finish({"sh", "-c", "command -v " + shell}).status() == 0) return true;
    MESSAGE(shell, " is not installed: skipped");
    return false;
}

/// What the script for zsh hands to zsh's own functions, which need a line editor.
Words in_zsh(const std::string& line, const std::string& nodes = "") {
    constexpr const char* script = R"(
        compdef() { :; }
        source <(holdfast completion zsh)
        _describe() { print -rl -- "${(@P)2}"; }
        _files() { print files; }
        _command_names() { print commands; }
        compset() { print -r -- "$*"; }
        words=("${(@s: :)1}") CURRENT=${#words}
        _holdfast
    )";
    const Finished finished = finish({"zsh", "-f", "-c", script, "zsh", line}, {.environment = around(nodes)});
    CHECK(finished.err == "");
    return lines(finished.out);
}

/// What fish offers: each word, a tab, and its help.
Words in_fish(const std::string& line, const std::string& nodes = "") {
    Variables variables = around(nodes);
    const TempDir home;
    variables["HOME"] = home.path();
    const Finished finished =
        finish({"fish", "-N", "-c", "holdfast completion fish | source; complete -C $argv[1]", line},
               {.environment = variables});
    CHECK(finished.err == "");
    return lines(finished.out);
}

bool has(const Words& words, const std::string& word) { return std::ranges::find(words, word) != words.end(); }

/// holdfast itself, asked as the scripts ask it.
Finished ask(Words typed, const std::string& nodes = "") {
    typed.insert(typed.begin(), {"completion", "bash", "--"});
    return finish(holdfast::test::holdfast(std::move(typed)), {.environment = around(nodes)});
}

} // namespace

TEST_CASE("bash: commands, options and values") {
    CHECK(in_bash("holdfast re") == Words{"release", "renew"});
    CHECK(has(in_bash("holdfast "), "run"));
    CHECK(in_bash("holdfast run --on") == Words{"--on-lost", "--once-in"});
    CHECK(in_bash("holdfast run --leftovers ") == Words{"kill", "leave", "wait"});
    CHECK(in_bash("holdfast run --leftovers=") == Words{"kill", "leave", "wait"});
    CHECK(in_bash("holdfast run --leftovers=l") == Words{"leave"});
    CHECK(in_bash("holdfast completion ") == Words{"bash", "fish", "zsh"});
    CHECK(has(in_bash("holdfast run deploy -- tru"), "true"));
    CHECK(has(in_bash("holdfast run -w 5m deploy fals"), "false"));
}

TEST_CASE("bash: what stands together is one word, whatever bash makes of '=' and ':'") {
    CHECK(in_bash("holdfast --node=redis://127.0.0.1:1 --node unix:///x re") == Words{"release", "renew"});
    RedisServer server;
    for (const char* lock : {"a:b:c", "a:b:d", "a=b"})
        REQUIRE(finish(holdfast::test::holdfast({"acquire", "--node", server.uri(), lock})).status() == 0);
    const std::string status = "holdfast status --node=" + server.uri();
    CHECK(in_bash(status + " a") == Words{"a:b:c", "a:b:d", "a=b"});
    // bash replaces only what is behind the last of them.
    CHECK(in_bash(status + " a:b:") == Words{"c", "d"});
    CHECK(in_bash(status + " a:b:c") == Words{"c"});
    CHECK(in_bash(status + " a=") == Words{"b"});
}

TEST_CASE("bash: a lock's name cannot run anything") {
    RedisServer server;
    REQUIRE(finish(holdfast::test::holdfast({"acquire", "--node", server.uri(), "x;$(true)`true`"})).status() == 0);
    CHECK(in_bash("holdfast status x", server.uri()) == Words{R"(x\;\$\(true\)\`true\`)"});
}

TEST_CASE("bash: a real TAB") {
    RedisServer server;
    for (const char* lock : {"deploy:web1", "deploy:web2"})
        REQUIRE(finish(holdfast::test::holdfast({"acquire", "--node", server.uri(), lock})).status() == 0);
    Shell outer{around(server.uri())};
    outer.say("stty echo; exec bash --norc --noprofile -i\r");
    outer.wait_for("[0]> ");
    outer.run("source <(holdfast completion bash)");
    outer.say("holdfast status dep\t");
    outer.wait_for("loy:web");
    outer.say("2; echo it was $?\r");
    outer.wait_for("deploy:web2 is held");
    outer.wait_for("it was 0");
    outer.say("holdfast run --leftovers=ki\t x echo fine\r");
    outer.wait_for("fine\r\n");
}

TEST_CASE("names of profiles come from the file") {
    const TempDir folder;
    const std::string file = folder.write("c.toml", "[profile.ci]\nttl = '9s'\n[profile.cron]\n");
    CHECK(in_bash("holdfast --config " + file + " run --profile c") == Words{"ci", "cron"});
    CHECK(in_bash("holdfast run --config=" + file + " --profile=cr") == Words{"cron"});
    CHECK(in_bash("holdfast --profile ", "", {{"HOLDFAST_CONFIG", file}}) == Words{"ci", "cron"});
}

TEST_CASE("names of locks come from the nodes, with their holders, where most nodes answer soon") {
    RedisServers servers{3};
    REQUIRE(
        finish(holdfast::test::holdfast({"acquire", "--node", servers.uris(), "--label", "me", "deploy"})).status() ==
        0);
    const auto names = [&] { return ask({"status", "d"}, servers.uris()).out; };
    CHECK(names().starts_with("deploy\tme ("));
    servers[0].pause();
    CHECK(names().starts_with("deploy\tme ("));
}

TEST_CASE("who presses TAB waits for no server and reads no complaint") {
    RedisServer server;
    REQUIRE(finish(holdfast::test::holdfast({"acquire", "--node", server.uri(), "deploy"})).status() == 0);
    server.pause();
    const BootTime begin = BootClock::now();
    const Finished hanging = ask({"status", ""}, server.uri());
    // 300 ms are promised; the rest is for a machine that is busy.
    CHECK(BootClock::now() - begin < seconds{2});
    for (const Finished& finished :
         {hanging, ask({"status", ""}, "unix:///nonexistent/socket"), ask({"status", ""}, "nonsense://"),
          ask({"status", ""}), ask({"--config", "/nonexistent", "--profile", ""})}) {
        CHECK(finished.status() == 0);
        CHECK(finished.out + finished.err == "");
    }
}

TEST_CASE("who presses TAB does not wait for as long as a connection or an answer may take") {
    RedisServer server{{}, RedisServer::Listens::loopback};
    const auto took = [](std::vector<std::string> words, const std::string& nodes) {
        const BootTime begin = BootClock::now();
        finish(holdfast::test::holdfast(std::move(words)), {.environment = around(nodes)});
        return BootClock::now() - begin;
    };
    // Without TLS it waits for more of the handshake, and status for it: a second.
    const std::string silent = "rediss" + server.uri().substr(5);
    CHECK(took({"status", "x"}, silent) >= seconds{1});
    constexpr milliseconds limit{600};
    CHECK(quickest(limit, [&] { return took({"completion", "bash", "--", "status", ""}, silent); }) < limit);
    server.pause();
    CHECK(took({"completion", "bash", "--", "--node-timeout", "15s", "status", ""}, server.uri()) < seconds{10});
}

TEST_CASE("a press of TAB starts no server") {
    const TempDir folder;
    CHECK(ask({"status", "--local-dir", folder.path(), ""}, "local:").out == "");
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("zsh: commands, options, values and locks, with their help, files and programs are left to it") {
    if (!installed("zsh")) return;
    CHECK(in_zsh("holdfast rel") == Words{"release:let go of a lock that acquire took"});
    CHECK(in_zsh("holdfast run --leftovers=k") == Words{"--leftovers=kill:"});
    CHECK(in_zsh("holdfast run deploy -- tru") == Words{"commands"});
    CHECK(in_zsh("holdfast --config=/e") == Words{"-P --*=", "files"});
    RedisServer server;
    REQUIRE(finish(holdfast::test::holdfast({"acquire", "--node", server.uri(), "--label", "me", "a:b"})).status() ==
            0);
    const Words locks = in_zsh("holdfast status a", server.uri());
    REQUIRE(locks.size() == 1);
    CHECK(locks[0].starts_with(R"(a\:b:me ()"));
}

TEST_CASE("zsh: a real TAB") {
    if (!installed("zsh")) return;
    RedisServer server;
    REQUIRE(finish(holdfast::test::holdfast({"acquire", "--node", server.uri(), "deploy:web1"})).status() == 0);
    Variables variables = around(server.uri());
    const TempDir home;
    variables["HOME"] = variables["ZDOTDIR"] = home.path();
    Shell outer{variables};
    outer.say("exec zsh -f -i\r");
    outer.say("autoload -U compinit && compinit -u -D && source <(holdfast completion zsh) && echo read''y\r");
    outer.wait_for("ready");
    outer.say("holdfast status dep\t; echo it was $?\r");
    outer.wait_for("deploy:web1 is held");
    outer.wait_for("it was 0");
}

TEST_CASE("fish: commands, options, values, locks, files and programs") {
    if (!installed("fish")) return;
    const Words commands = in_fish("holdfast re");
    REQUIRE(commands.size() == 2);
    CHECK(commands[0] == "release\tlet go of a lock that acquire took");
    CHECK(in_fish("holdfast run --leftovers=") == Words{"--leftovers=kill", "--leftovers=leave", "--leftovers=wait"});
    CHECK(has(in_fish("holdfast --config=/etc/host"), "--config=/etc/hosts"));
    CHECK(std::ranges::any_of(in_fish("holdfast run deploy -- tru"),
                              [](const std::string& word) { return word.starts_with("true\t"); }));
    RedisServer server;
    REQUIRE(finish(holdfast::test::holdfast({"acquire", "--node", server.uri(), "--label", "me", "a:b"})).status() ==
            0);
    const Words locks = in_fish("holdfast status a", server.uri());
    REQUIRE(locks.size() == 1);
    CHECK(locks[0].starts_with("a:b\tme ("));
}

} // namespace holdfast::test::completion_test
