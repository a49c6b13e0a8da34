// Where settings come from, and what the command gets of them.
#include "support/holdfast.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

namespace holdfast::test::config_test {

namespace {

using Variables = std::map<std::string, std::string>;

Finished call(std::vector<std::string> words, Variables variables = {}) {
    for (const char* name : {"HOLDFAST_CONFIG", "HOLDFAST_RESTART_GUARD", "XDG_CONFIG_HOME", "HOME"})
        variables.try_emplace(name, "");
    return finish(holdfast::test::holdfast(std::move(words)), {.environment = std::move(variables)});
}

/// The line of --print-config on that setting, without the blanks that align it.
std::string line(const std::string& text, const std::string& setting) {
    const size_t begin = ("\n" + text).find("\n" + setting);
    if (begin == std::string::npos) return "";
    std::string found = text.substr(begin, text.find('\n', begin) - begin);
    for (size_t at = found.find("  "); at != std::string::npos; at = found.find("  ")) found.erase(at, 1);
    return found;
}

} // namespace

TEST_CASE("flag, variable, profile, top of the file, default: the first that is there counts, and --print-config "
          "says which") {
    const TempDir folder;
    const std::string file =
        folder.write("c.toml", "nodes = ['redis://top']\nttl = '10s'\ngrace = '1s'\nlabel = 'top'\n"
                               "[profile.ci]\nttl = '20s'\ngrace = '2s'\n");
    const Variables variables{{"HOLDFAST_GRACE", "3s"}};
    const Finished printed =
        call({"--print-config", "--config", file, "--profile", "ci", "--drift", "0.02"}, variables);
    REQUIRE(printed.status() == 0);
    CHECK(line(printed.out, "nodes") == fmt::format("nodes = [\"redis://top\"] # {}:1: nodes", file));
    CHECK(line(printed.out, "ttl") == fmt::format("ttl = \"20s\" # {}:6: ttl", file));
    CHECK(line(printed.out, "label") == fmt::format("label = \"top\" # {}:4: label", file));
    CHECK(line(printed.out, "grace") == "grace = \"3s\" # HOLDFAST_GRACE");
    CHECK(line(printed.out, "drift") == "drift = 0.02 # --drift");
    CHECK(line(printed.out, "key-prefix") == "key-prefix = \"holdfast:\" # default");
    CHECK(line(printed.out, "node-timeout") == "node-timeout = \"1s\" # default");
    CHECK(line(printed.out, "# config") == fmt::format("# config: {} (--config)", file));
    CHECK(line(printed.out, "# profile") == "# profile: ci (--profile)");
    CHECK(line(printed.out, "# wait") == "# wait: not set");
}

TEST_CASE("what --print-config prints is a configuration file that says the same") {
    const TempDir folder;
    const Finished first = call({"--print-config", "--node", "redis://a,b", "--ttl", "90s", "--tree", "-w", "5m"},
                                {{"HOLDFAST_LABEL", "a \"b\" \\"}});
    REQUIRE(first.status() == 0);
    const std::string file = folder.write("c.toml", first.out);
    const Finished second = call({"--print-config", "--config", file});
    CHECK(second.err == "");
    CHECK(line(second.out, "nodes") == fmt::format("nodes = [\"redis://a\", \"b\"] # {}:1: nodes", file));
    CHECK(line(second.out, "tree = true").starts_with("tree = true"));
    CHECK(line(second.out, "label").starts_with(R"(label = "a \"b\" \\")"));
    CHECK(line(second.out, "wait").starts_with("wait = \"5m\""));
}

TEST_CASE("the history is a number or off, in a file too, and --print-config says it so") {
    const TempDir folder;
    for (const std::string value : {"\"off\"", "30"}) {
        const Finished printed = call({"--print-config", "--config", folder.write("c.toml", "history = " + value)});
        CHECK(printed.err == "");
        CHECK(line(printed.out, "history").starts_with("history = " + value + " #"));
    }
    const std::string wrong = folder.write("c.toml", "history = true");
    CHECK(call({"--print-config", "--config", wrong}).err ==
          fmt::format("holdfast: {}:1: history is true or false, and has to be a number, or a word in quotes, as in "
                      "\"off\"\n",
                      wrong));
}

TEST_CASE("in --print-config what stands behind short lines is aligned, and a long one moves only its own") {
    const std::string uris = "redis://db1.example.net,redis://db2.example.net";
    const std::string out = call({"--print-config", "--node", uris, "--ttl", "90s"}).out;
    CHECK(out.starts_with("nodes = [\"redis://db1.example.net\", \"redis://db2.example.net\"]  # --node\n"));
    const auto column = [&](const std::string& begin) {
        const size_t at = out.find("\n" + begin);
        REQUIRE(at != std::string::npos);
        return out.find("  # ", at) - at;
    };
    CHECK(column("ttl = \"90s\" ") == column("tls-insecure = false"));
    CHECK(column("ttl = \"90s\" ") < 40);
}

TEST_CASE("--print-config shows no password") {
    const TempDir folder;
    const std::string file = folder.write(
        "c.toml", "password = 'geheim1'\nnodes = ['redis://bob:geheim2@h', 'redis://:gehe@im3@k/1']\n", 0600);
    const Finished printed = call({"--print-config", "--config", file});
    CHECK(printed.status() == 0);
    CHECK(line(printed.out, "nodes").starts_with("nodes = [\"redis://bob:***@h\", \"redis://:***@k/1\"]"));
    CHECK(line(printed.out, "password").starts_with("password = \"***\""));
    CHECK((printed.out + printed.err).find("gehe") == std::string::npos);
}

TEST_CASE("a password comes from a file that is nobody else's to read") {
    const RedisServer server{{"--requirepass", "geheim"}};
    const TempDir folder;
    const std::string file = folder.write("password", "geheim\n", 0600);
    const std::vector<std::string> words{"list", "--node", server.uri(), "--password-file", file};
    CHECK(call(words).status() == 0);
    CHECK(call({"list", "--node", server.uri()}, {{"HOLDFAST_PASSWORD_FILE", file}}).status() == 0);
    // Of a file and a password the stronger source counts.
    CHECK(call(words, {{"HOLDFAST_PASSWORD", "wrong"}}).status() == 0);
    const std::string config = folder.write("c.toml", "password = 'wrong'\n", 0600);
    CHECK(call({"list", "--node", server.uri(), "--config", config}, {{"HOLDFAST_PASSWORD_FILE", file}}).status() == 0);
    CHECK(call({"list", "--node", server.uri()}, {{"HOLDFAST_PASSWORD_FILE", file}, {"HOLDFAST_PASSWORD", "x"}}).err ==
          "holdfast: HOLDFAST_PASSWORD and HOLDFAST_PASSWORD_FILE contradict each other; give one of them\n");

    const Finished printed = call({"--print-config", "--password-file", file});
    CHECK(line(printed.out, "password-file") == fmt::format("password-file = \"{}\" # --password-file", file));
    CHECK(line(printed.out, "# password") == "# password: not set");

    const std::string open_to_all = folder.write("open", "geheim\n", 0644);
    const Finished refused = call({"list", "--node", server.uri(), "--password-file", open_to_all});
    CHECK(refused.status() == 78);
    CHECK(refused.err ==
          fmt::format("holdfast: --password-file {0}: others may read the password; chmod o-r {0}\n", open_to_all));
    CHECK(call({"list", "--node", server.uri(), "--password-file", folder.write("none", "\n", 0600)})
              .err.ends_with(": its first line has no password\n"));
    CHECK(call({"list", "--node", server.uri(), "--password-file", "/nowhere"}).status() == 78);
}

TEST_CASE("the file is looked for where the user has it, then in /etc") {
    const TempDir folder;
    ::mkdir(folder.file("holdfast").c_str(), 0755);
    ::mkdir(folder.file(".config").c_str(), 0755);
    ::mkdir(folder.file(".config/holdfast").c_str(), 0755);
    const std::string xdg = folder.write("holdfast/config.toml", "ttl = '11s'\n");
    const std::string home = folder.write(".config/holdfast/config.toml", "ttl = '12s'\n");
    const std::string named = folder.write("named.toml", "ttl = '13s'\n");
    const auto ttl = [&](Variables variables) {
        return line(call({"--print-config"}, std::move(variables)).out, "ttl");
    };
    CHECK(ttl({{"HOME", folder.path()}}) == fmt::format("ttl = \"12s\" # {}:1: ttl", home));
    CHECK(ttl({{"HOME", folder.path()}, {"XDG_CONFIG_HOME", folder.path()}}) ==
          fmt::format("ttl = \"11s\" # {}:1: ttl", xdg));
    CHECK(ttl({{"XDG_CONFIG_HOME", folder.path()}, {"HOLDFAST_CONFIG", named}}) ==
          fmt::format("ttl = \"13s\" # {}:1: ttl", named));
}

TEST_CASE("a file or profile that is not there is an error that says what is") {
    const TempDir folder;
    const std::string file = folder.write("c.toml", "[profile.prod]\n[profile.test]\n");
    const auto refused = [&](std::vector<std::string> words) {
        const Finished finished = call(std::move(words));
        CHECK(finished.status() == 78);
        return finished.err;
    };
    CHECK(refused({"list", "--config", "/nowhere.toml"}) ==
          "holdfast: cannot read /nowhere.toml: no such file or directory\n");
    const Finished typo = call({"list", "--config", file, "--profile", "prdo"});
    CHECK(
        typo.err ==
        fmt::format("holdfast: --profile 'prdo' is not a profile of {} (did you mean 'prod'?), which has prod, test\n",
                    file));
    CHECK(typo.status() == 64);
    CHECK(call({"list", "--profile", "x", "--config", "/dev/null"}).err ==
          "holdfast: --profile 'x' is not a profile of /dev/null, which has none; write [profile.x] there\n");
}

TEST_CASE("a typo in the configuration stops every command, with file, line and what was meant") {
    const TempDir folder;
    const std::string file = folder.write("c.toml", "nodes = ['h']\n[profile.ci]\nnode-timout = '1s'\n");
    const std::string sentence =
        fmt::format("holdfast: {}:3: 'node-timout' is not a setting (did you mean 'node-timeout'?)\n", file);
    for (const char* command : {"status", "force-release"}) {
        const Finished finished = call({command, "x", "--config", file});
        CHECK(finished.status() == 78);
        CHECK(finished.err == sentence);
    }
    CHECK(call({"run", "x", "--config", file, "true"}).err == sentence);
    CHECK(call({"list"}, {{"HOLDFAST_CONFIG", file}}).err == sentence);
}

TEST_CASE("the command finds the configuration again, from wherever it is, and no password in its environment") {
    const TempDir folder;
    const RedisServer server{{"--requirepass", "geheim"}};
    folder.write("c.toml", fmt::format("password = 'geheim'\n[profile.here]\nnodes = ['{}']\n", server.uri()), 0600);
    const Finished inside = finish(
        {"/bin/sh", "-c",
         fmt::format("cd {} && HOLDFAST_PASSWORD=geheim {} run x --config c.toml --profile here -c 'cd / && env && "
                     "{} list'",
                     folder.path(), HOLDFAST_BINARY, HOLDFAST_BINARY)});
    CHECK(inside.status() == 0);
    CHECK(inside.err == "");
    CHECK(inside.out.find(fmt::format("HOLDFAST_CONFIG={}/c.toml\n", folder.path())) != std::string::npos);
    CHECK(inside.out.find("HOLDFAST_PROFILE=here\n") != std::string::npos);
    CHECK(inside.out.find("geheim") == std::string::npos);
    CHECK(inside.out.find("LOCK") != std::string::npos);
}

TEST_CASE("a configuration file of another user, of whom HOME still is, is told as such") {
    if (::geteuid() != 0 || finish({"setpriv", "--reuid", "65534", "true"}).status() != 0) {
        MESSAGE("skipped: only root can become another user");
        return;
    }
    const TempDir dir;
    ::chmod(dir.path().c_str(), 0755);
    REQUIRE(finish({"cp", HOLDFAST_BINARY, dir.file("holdfast")}).status() == 0);
    REQUIRE(finish({"mkdir", "-p", dir.file(".config/holdfast")}).status() == 0);
    const std::string file = dir.write(".config/holdfast/config.toml", "ttl = '9s'\n", 0600);
    const Finished done = finish(
        {"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", dir.file("holdfast"), "run", "x", "true"},
        {.environment = {{"HOME", dir.path()}, {"XDG_CONFIG_HOME", ""}, {"HOLDFAST_CONFIG", ""}}});
    CHECK(done.status() == 78);
    CHECK(done.err == fmt::format("holdfast: cannot read {}: it is another user's; is HOME that user's, too (sudo -H "
                                  "sets our own)? --config FILE names another file\n",
                                  file));
}

} // namespace holdfast::test::config_test
