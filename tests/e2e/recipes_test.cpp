// The recipes of README.md, pasted into a bare shell and run as cron does, with real servers behind the names there,
// and those of holdfast(1) that are more than one command.
#include "support/certificates.hpp"
#include "support/cluster.hpp"
#include "support/holdfast.hpp"
#include "support/sentinels.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>

namespace holdfast::test::recipes_test {

namespace {

using Texts = std::vector<std::string>;

/// What stands in that file between these two, behind the first.
std::string between(const std::string& file, const std::string& begin, const std::string& end) {
    std::ifstream stream{std::string{HOLDFAST_SOURCE} + "/" + file};
    std::stringstream read;
    read << stream.rdbuf();
    const std::string text = read.str();
    const size_t found = text.find(begin);
    REQUIRE(found != std::string::npos);
    const size_t from = found + begin.size();
    return text.substr(from, text.find(end, from) - from);
}

/// README.md's block in that language. It has just one.
std::string block(const std::string& language) { return between("README.md", "\n```" + language + "\n", "```\n"); }

Texts split(const std::string& text, const std::string& by) {
    Texts parts;
    for (size_t from = 0; from < text.size();) {
        const size_t to = std::min(text.find(by, from), text.size());
        parts.push_back(text.substr(from, to - from));
        from = to + by.size();
    }
    return parts;
}

/// Servers that were started two minutes ago, so that they have a vote.
RedisServers older(size_t count) {
    RedisServers servers{count, RedisServer::Listens::loopback, {}, {{"LD_PRELOAD", HOLDFAST_WALL_CLOCK}}};
    for (size_t i = 0; i < count; ++i) servers[i].folder().write("wall-clock-is-ahead-by", "120");
    return servers;
}

/// A host with holdfast and the commands of the recipes, and servers behind the names in them. What it runs has nothing
/// in its environment but what a new session has.
class Host {
  public:
    Host() {
        std::filesystem::create_directory(bin());
        std::filesystem::create_symlink(HOLDFAST_BINARY, bin() + "/holdfast");
        for (const char* command : {"backup", "deploy", "report", "import", "train", "migrate"})
            here_.write(command, "#!/bin/sh\necho \"${0##*/}\" >>" + here_.file("ran") + "\n", 0755);
        managed_.command(
            {"ACL", "SETUSER", "locks", "on", ">the password of user locks", "~holdfast:*", "&holdfast:*", "+@all"});
    }

    ~Host() {
        if (std::filesystem::exists(local_socket())) finish({"redis-cli", "-s", local_socket(), "shutdown", "nosave"});
    }

    /// The recipe with this host's addresses and folders for those of the reader's.
    std::string with_names(std::string text) const {
        const std::vector<std::pair<std::string, std::string>> names{
            {"sentinel://s1+s2+s3/mymaster", sentinels_.uri()},
            {"cluster://n1+n2+n3", cluster_.uri()},
            {"locks@primary.example.net", fmt::format("locks@localhost:{}", managed_.port())},
            {"redis://a,redis://b,redis://c", three_.uris()},
            {"redis://db1", db1_.uri()},
            {"--node local:", "--node local: --local-dir " + here_.file("local")},
            {"local stop", "local stop --local-dir " + here_.file("local")},
            {"/usr/local/bin/", here_.path() + "/"},
            {"/var/log/", here_.path() + "/"},
            {"/var/lib/prometheus/node-exporter/", here_.path() + "/"},
        };
        for (const auto& [name, here] : names)
            for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += here.size())
                text.replace(at, name.size(), here);
        return text;
    }

    /// That shell reads the text as if it were typed; a line of its output tells of each command that fails.
    Finished paste(const std::string& text) const {
        return run({"bash", "--norc", "--noprofile"},
                   "trap 'echo \"failed with $?: $BASH_COMMAND\"' ERR\n" + text + "\necho pasted to the end\n");
    }
    Finished by_cron(const std::string& line) const { return run({"/bin/sh", "-c", line}, ""); }

    /// Which of the commands have run since this was asked last. The server of most recipes is empty from then on.
    std::string ran() {
        const std::string commands = here_.read("ran");
        std::filesystem::remove(here_.file("ran"));
        db1_.command({"FLUSHALL"});
        return commands;
    }
    std::string lock_server() const { return db1_.uri(); }
    bool has_file(const std::string& name) const { return std::filesystem::exists(here_.file(name)); }

  private:
    std::string bin() const { return here_.file("bin"); }
    std::string local_socket() const { return here_.file("local") + "/1of1.sock"; }

    Finished run(Texts words, const std::string& input) const {
        Texts all{"env",
                  "-i",
                  "-C",
                  here_.path(),
                  "HOME=" + here_.file("home"),
                  "PATH=" + bin() + ":/usr/bin:/bin",
                  "SSL_CERT_FILE=" + authority_.ca()}; // what the system trusts
        all.insert(all.end(), words.begin(), words.end());
        return finish(all, {.input = input});
    }

    TempDir here_;
    RedisServer db1_{{"--appendonly", "yes", "--appendfsync", "always"}, RedisServer::Listens::loopback};
    RedisServers three_ = older(3);
    Sentinels sentinels_;
    Cluster cluster_;
    Authority authority_;
    RedisServer managed_{authority_.server_options(authority_.sign()), RedisServer::Listens::tls};
};

/// The host's own commands in the recipe, each on a line.
std::string commands(const std::string& recipe) {
    const std::regex command{R"((?:^|\s|')(?:\./|/usr/local/bin/)(\w+))"};
    std::string all;
    for (std::sregex_iterator found{recipe.begin(), recipe.end(), command}, end; found != end; ++found)
        all += (*found)[1].str() + "\n";
    return all;
}

void check_pasted(Host& host, const std::string& recipe) {
    INFO(recipe);
    std::optional<Process> staging; // is looked at, and then it is taken away
    if (has(recipe, " staging")) {
        staging.emplace(run_on(host.lock_server(), {"staging", "-c", "echo holds; exec sleep 1000"}));
        staging->wait_for_out("holds");
    }
    const Finished done = host.paste(host.with_names(recipe));
    INFO(done.out);
    INFO(done.err);
    CHECK(done.status() == 0);
    CHECK_FALSE(has(done.out, "failed with"));
    CHECK(done.out.ends_with("pasted to the end\n"));
    if (staging) CHECK(has(staging->wait().err, "web1 is gone"));
    CHECK(host.ran() == commands(recipe));
    CHECK_FALSE(host.has_file("token"));
}

/// holdfast(1) behind that text, to the end of the recipe.
std::string in_manual(const std::string& begin) { return begin + between("man/holdfast.1", "\n" + begin, ".Ed\n"); }

/// With holdfast in the PATH.
Finished in_shell(const std::string& text, const RedisServer& server,
                  std::map<std::string, std::string> environment = {}) {
    environment["HOLDFAST_NODES"] = server.uri();
    environment["PATH"] = std::filesystem::path{HOLDFAST_BINARY}.parent_path().string() + ":/usr/bin:/bin";
    return finish({"sh", "-c", text}, {.environment = environment});
}

} // namespace

TEST_CASE("README: recipes can be pasted into a bare shell, each behind the first and all in their order") {
    Host host;
    const std::string all = block("sh");
    const Texts recipes = split(all, "\n\n");
    REQUIRE(recipes.size() > 8);
    for (const std::string& recipe : recipes) check_pasted(host, recipe);
    check_pasted(host, all);
}

TEST_CASE("README: cron runs the job of each line once on two hosts and mails nothing but alerts") {
    Host host;
    host.paste(host.with_names(split(block("sh"), "\n\n")[0]));
    size_t lines = 0;
    for (const std::string& line : split(block("crontab"), "\n")) {
        std::smatch words;
        if (!std::regex_match(line, words, std::regex{R"((?:[\d*/-]+ ){4}[\d*/-]+ +(.*[^ ]) *)"})) {
            CHECK_MESSAGE((line.empty() || line.starts_with('#')), line);
            continue;
        }
        ++lines;
        INFO(line);
        CHECK_FALSE(has(words[1], "%")); // ends a command for cron
        const std::string command = host.with_names(words[1]);
        host.ran();
        const bool job = has(line, "backup");
        if (!job) CHECK(host.paste("holdfast run nightly -- true").status() == 0);
        for (const char* on : {"web1", "web2"}) {
            CAPTURE(on);
            const Finished done = host.by_cron(command);
            CHECK(done.status() == 0);
            CHECK(done.out == "");
            CHECK(done.err == "");
        }
        CHECK(host.ran() == (job ? "backup\n" : ""));
        if (!has(line, "history")) continue;
        CHECK(has(host.by_cron(command).out, "has not succeeded"));
        // Nor has a command that ends with 0 because its lock was taken away.
        const Finished taken = host.paste("holdfast run nightly -c 'trap \"exit 0\" TERM; "
                                          "holdfast force-release --yes nightly; sleep 50 & wait'");
        CHECK(has(taken.out, "failed with 79"));
        CHECK(has(host.by_cron(command).out, "has not succeeded"));
    }
    CHECK(lines == 6);
    CHECK(host.has_file("holdfast.log"));
}

TEST_CASE("holdfast(1): a script takes its lock itself, but not inside, and not for a run that has ended") {
    const RedisServer server;
    const TempDir dir;
    std::string text = in_manual("#!/bin/sh\nholdfast verify");
    const std::string work = "make build && make publish\n";
    REQUIRE(text.ends_with(work));
    text.replace(text.size() - work.size(), work.size(),
                 "holdfast verify deploy && echo \"held by $HOLDFAST_TOKEN, $*\"");
    const std::string script = dir.write("script", text, 0755);
    CHECK(has(in_shell(script + " 'a  b'", server).out, ", a  b\n"));
    const Finished inside =
        in_shell("holdfast run deploy -- sh -c 'echo held by $HOLDFAST_TOKEN, x; " + script + " x'", server);
    const Texts held = split(inside.out, "\n");
    REQUIRE(held.size() == 2);
    CHECK(held[0] == held[1]);
    std::map<std::string, std::string> left;
    for (const std::string& line : split(in_shell("holdfast run deploy -- env", server).out, "\n"))
        if (line.starts_with("HOLDFAST_")) left[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
    REQUIRE(left.contains("HOLDFAST_TOKEN"));
    const Finished late = in_shell(script, server, left);
    CHECK(has(late.out, "held by "));
    CHECK_FALSE(has(late.out, left["HOLDFAST_TOKEN"]));
}

TEST_CASE("holdfast(1): acquire pauses a job until release") {
    const RedisServer server;
    const TempDir dir;
    const Texts lines = split(in_manual("holdfast acquire --ttl 2h"), "\n");
    REQUIRE(lines.size() == 2);
    const std::string job = "holdfast run -n -E 0 nightly -- echo ran";
    CHECK(in_shell("cd " + dir.path() + "; " + lines[0], server).status() == 0);
    const Finished paused = in_shell(job, server);
    CHECK(paused.status() == 0);
    CHECK(paused.out == "");
    CHECK(has(paused.err, "held by disk is replaced"));
    CHECK(in_shell("cd " + dir.path() + "; " + lines[1], server).status() == 0);
    CHECK_FALSE(std::filesystem::exists(dir.file("pause")));
    CHECK(in_shell(job, server).out == "ran\n");
}

} // namespace holdfast::test::recipes_test
