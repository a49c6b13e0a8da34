#include "base/error.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"

#include <doctest/doctest.h>

#include <sstream>

namespace holdfast::test::arguments_test {

namespace {

using Words = std::vector<std::string>;

std::variant<Arguments, Printed> parse(std::vector<const char*> words) {
    words.insert(words.begin(), "holdfast");
    return parse_arguments(static_cast<int>(words.size()), words.data());
}

Arguments parsed(const std::vector<const char*>& words) { return std::get<Arguments>(parse(words)); }

std::string refused(const std::vector<const char*>& words) {
    try {
        parse(words);
    } catch (const Failure& failure) {
        CHECK(failure.status() == ExitStatus::usage);
        return failure.what();
    }
    FAIL("accepted");
    return {};
}

} // namespace

TEST_CASE("the command may stand behind -- or right after the name") {
    CHECK(parsed({"run", "x", "--", "ls", "-l"}).words == Words{"ls", "-l"});
    CHECK(parsed({"run", "x", "ls", "-l"}).words == Words{"ls", "-l"});
    CHECK(parsed({"run", "--ttl", "5s", "x", "ls"}).words == Words{"ls"});
    CHECK(parsed({"run", "x", "--ttl", "5s", "ls"}).words == Words{"ls"});
    CHECK(parsed({"run", "x", "--ttl", "5s", "--", "ls"}).settings.at("ttl").text == "5s");
    CHECK(parsed({"run", "x", "ls"}).name == "x");
}

TEST_CASE("a lock may have the name of a command, and a command that of another") {
    CHECK(parsed({"run", "list", "--", "status"}).name == "list");
    CHECK(parsed({"run", "list", "status", "x"}).words == Words{"status", "x"});
    CHECK(parsed({"status", "run"}).command == &status_command);
    CHECK(parsed({"status", "run"}).name == "run");
    CHECK(parsed({"--node", "run", "status", "x"}).command == &status_command);
    CHECK(parsed({"-vw", "5", "run", "x", "--", "ls"}).settings.at("wait").text == "5");
    CHECK(parsed({"-qw5", "run", "run", "--", "ls"}).name == "run");
}

TEST_CASE("the command's words arrive untouched, whatever they look like") {
    const std::vector<const char*> odd{"[a,b]",  "[x]",      "",    "-x",   "--ttl", "--", "-n",
                                       "--help", "--node=y", "a b", "\x01", "]",     "[",  "-c"};
    std::vector<const char*> behind{"run", "x", "--", "cmd"};
    std::vector<const char*> right_after{"run", "x", "cmd"};
    behind.insert(behind.end(), odd.begin(), odd.end());
    right_after.insert(right_after.end(), odd.begin(), odd.end());
    Words expected{"cmd"};
    expected.insert(expected.end(), odd.begin(), odd.end());
    CHECK(parsed(behind).words == expected);
    CHECK(parsed(right_after).words == expected);
    CHECK(parsed({"run", "x", "--", "--", "y"}).words == Words{"--", "y"});
    CHECK(parsed({"run", "x", "--", "-x"}).words == Words{"-x"});
    CHECK(parsed({"run", "x", "--", "a", ""}).words == Words{"a", ""});
}

TEST_CASE("-c runs its string through the shell, brackets and all") {
    CHECK(parsed({"run", "x", "-c", "[ -e /tmp ] && echo [a,b]"}).words ==
          Words{"/bin/sh", "-c", "[ -e /tmp ] && echo [a,b]"});
    CHECK(parsed({"run", "x", "-c", "[ 1 -lt 2 ]"}).words.back() == "[ 1 -lt 2 ]");
    CHECK(parsed({"run", "x", "--shell=[ 1 -lt 2 ]"}).words.back() == "[ 1 -lt 2 ]");
    CHECK(parsed({"run", "-c", "true", "x"}).name == "x");
}

TEST_CASE("nodes add up, before and after the command's name, and keep IPv6 brackets") {
    CHECK(parsed({"--node", "a", "run", "--node", "b,c", "x", "--node", "[::1]", "ls"}).settings.at("nodes").text ==
          "a,b,c,[::1]");
    CHECK(parsed({"run", "--node", "a", "x", "ls"}).name == "x");
    CHECK(parsed({"--node=a", "status", "x"}).settings.at("nodes").text == "a");
}

TEST_CASE("options have the spellings of flock") {
    CHECK(parsed({"run", "-n", "x", "ls"}).settings.at("nonblock").text == "yes");
    CHECK(parsed({"run", "--nonblock", "x", "ls"}).settings.at("nonblock").text == "yes");
    CHECK(parsed({"run", "--try", "x", "ls"}).settings.at("nonblock").text == "yes");
    CHECK(parsed({"run", "-w", "5", "x", "ls"}).settings.at("wait").text == "5");
    CHECK(parsed({"run", "--wait=5", "x", "ls"}).settings.at("wait").text == "5");
    CHECK(parsed({"run", "--timeout", "5", "x", "ls"}).settings.at("wait").text == "5");
    CHECK(parsed({"run", "-E", "0", "x", "ls"}).settings.at("conflict-exit-code").text == "0");
}

TEST_CASE("every setting is understood however it is spelled, in front of the command and behind it") {
    for (const Option& option : options()) {
        CAPTURE(option.name);
        std::istringstream spellings{std::string{option.spellings}};
        for (std::string spelling; std::getline(spellings, spelling, ',');) {
            CAPTURE(spelling);
            const bool takes_value = option.kind != Option::Kind::toggle;
            const auto value_of = [&](const std::vector<const char*>& words) {
                return parsed(words).settings.at(std::string{option.name}).text;
            };
            const std::string glued = spelling + (spelling.starts_with("--") ? "=5" : "5");
            const char* typed = spelling.c_str();
            if (!takes_value) {
                CHECK(value_of({"run", typed, "x", "ls"}) == "yes");
                CHECK(value_of({typed, "run", "x", "ls"}) == "yes");
            } else {
                CHECK(value_of({"run", typed, "5", "x", "ls"}) == "5");
                CHECK(value_of({"run", glued.c_str(), "x", "ls"}) == "5");
                CHECK(value_of({typed, "5", "run", "x", "ls"}) == "5");
                CHECK(value_of({glued.c_str(), "run", "x", "ls"}) == "5");
            }
        }
    }
}

TEST_CASE("of an option that is typed twice the last one counts") {
    CHECK(parsed({"run", "--ttl", "5s", "--ttl", "7s", "x", "ls"}).settings.at("ttl").text == "7s");
    CHECK(parsed({"--key-prefix", "a", "status", "--key-prefix", "b", "x"}).settings.at("key-prefix").text == "b");
}

TEST_CASE("list has a glob, and without one lists all") {
    CHECK(parsed({"list"}).name == "*");
    CHECK(parsed({"list", "deploy-[ab]"}).name == "deploy-[ab]");
    CHECK(parsed({"list", "[ab]"}).name == "[ab]");
    CHECK(parsed({"list"}).command == &list_command);
    CHECK(parsed({"force-release", "x"}).command == &force_release_command);
    CHECK_FALSE(parsed({"force-release", "x"}).has("--yes"));
    CHECK(parsed({"force-release", "-y", "x", "--dry-run", "--reason", "[a,b]", "--older-than", "2h"})
              .value("--reason") == "[a,b]");
    CHECK(parsed({"force-release", "-y", "x", "--older-than", "2h"}).value("--older-than") == "2h");
    CHECK(parsed({"status", "x", "--json"}).has("--json"));
    CHECK(parsed({"list", "--watch"}).has("--watch"));
}

TEST_CASE("help and version come before anything else is asked for") {
    CHECK(std::get<Printed>(parse({"--help"})).text.find("force-release") != std::string::npos);
    CHECK(std::get<Printed>(parse({"run", "--help"})).text.find("--ttl") != std::string::npos);
    CHECK(std::get<Printed>(parse({"--version"})).text.starts_with("holdfast 0."));
    CHECK(std::get<Printed>(parse({"--version"})).text.find("hiredis") != std::string::npos);
    CHECK(parsed({"--print-config", "--ttl", "5s", "run", "x", "ls"}).command == nullptr);
}

TEST_CASE("what cannot be understood is refused with what it is and where to look") {
    CHECK(refused({}).find("no command") != std::string::npos);
    CHECK(refused({"frob"}).find("'frob' is not a command") != std::string::npos);
    // Of two words that were to follow an option, and of a forgotten name, it shows what was taken for the name.
    CHECK(refused({"run", "--wait", "x", "ls"}) ==
          "'x' is the value of --wait here, and no duration; as in: holdfast run --wait 5m x -- ls");
    CHECK(refused({"run", "x", "--"}).starts_with("no command behind the lock's name 'x'"));
    CHECK(refused({"run", "--", "x", "ls"}) ==
          "the lock's name is missing before '--'; as in: holdfast run NAME -- COMMAND");
    CHECK(refused({"run", "--wait", "x", "--", "ls"}) == "the lock's name is missing before '--', for the word there "
                                                         "is the value of --wait; as in: holdfast run NAME -- COMMAND");
    CHECK(refused({"run", "x", "--", ""}).find("is an empty word") != std::string::npos);
    CHECK(refused({"run", "x", "-c", ""}) == "the command of -c is empty; as in: holdfast run NAME -c 'COMMAND'");
    CHECK(refused({"run"}).find("NAME") != std::string::npos);
    CHECK(refused({"run", "--tll", "3", "x", "ls"})
              .find("'--tll' is not an option of holdfast run (did you mean '--ttl'?)") != std::string::npos);
    CHECK(refused({"run", "x", "--tll", "3", "ls"})
              .find("'--tll' is not an option of holdfast run (did you mean '--ttl'?)") != std::string::npos);
    CHECK(refused({"run", "x", "-c", "a", "--", "b"}).find("or leave -c out") != std::string::npos);
    CHECK(refused({"run", "-wait", "5", "x", "ls"}).find("(did you mean '--wait'?)") != std::string::npos);
    CHECK(parsed({"run", "x", "find", ".", "-wait"}).words.back() == "-wait");
    CHECK(refused({"run", "-n=3", "x", "ls"}).find("'-n' takes no value") != std::string::npos);
    CHECK(refused({"redis://:geheim@h", "run"}).find("geheim") == std::string::npos);
    CHECK(refused({"run", "--node", "redis://:geheim@h", "--", "ls"}).find("geheim") == std::string::npos);
    CHECK(refused({"run", "x", "--ttl"}) ==
          "--ttl needs a value; is a variable of the shell not set? See holdfast run --help");
    CHECK(refused({"--node"}) == "--node needs a value; is a variable of the shell not set? See holdfast --help");
    CHECK(refused({"stauts", "x"}) == "'stauts' is not a command (did you mean 'status'?); see holdfast --help\n"
                                      "  status  who holds lock NAME, and who waits for it");
    CHECK(refused({"status"}).find("NAME") != std::string::npos);
    CHECK(parsed({"--print-config", "run"}).command == nullptr);
    CHECK(refused({"status", "x", "y"}).find("y") != std::string::npos);
    CHECK(refused({"status", "x", "--", "y"}).find("only run takes") != std::string::npos);
    CHECK(refused({"status", "x", "--ttl", "3"}).find("--ttl") != std::string::npos);
}

} // namespace holdfast::test::arguments_test
