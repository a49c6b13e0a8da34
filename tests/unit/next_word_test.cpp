#include "cli/next_word.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace holdfast::test::next_word_test {
using Kind = NextWord::Kind;

namespace {

bool offers(const NextWord& next, const std::string& text) {
    return next.kind == Kind::known && std::ranges::find(next.words, text, &NextWord::Word::text) != next.words.end();
}

std::string given(const NextWord& next, const std::string& setting) {
    const auto found = next.settings.find(setting);
    return found == next.settings.end() ? "" : found->second.text;
}

} // namespace

TEST_CASE("first comes a command, and options of every command may stand in front of it") {
    CHECK(offers(next_word({""}), "run"));
    CHECK(offers(next_word({"fo"}), "force-release"));
    CHECK_FALSE(offers(next_word({""}), "--node"));
    CHECK(offers(next_word({"-"}), "--node"));
    CHECK_FALSE(offers(next_word({"-"}), "--ttl"));
    CHECK(offers(next_word({"--node", "redis://a", "-q", ""}), "run"));
}

TEST_CASE("each command has its own options, in all their spellings") {
    for (const char* spelling : {"-w", "--wait", "--timeout", "--status-fd", "--node"})
        CHECK(offers(next_word({"run", "-"}), spelling));
    CHECK(offers(next_word({"acquire", "--"}), "--export"));
    CHECK_FALSE(offers(next_word({"acquire", "--"}), "--status-fd"));
    CHECK_FALSE(offers(next_word({"status", "x", "--"}), "--ttl"));
}

TEST_CASE("an option's value is of its kind") {
    CHECK(next_word({"--profile", ""}).kind == Kind::profile);
    CHECK(next_word({"status", "--profile", "c"}).begun == "c");
    CHECK(next_word({"--config", "/e"}).kind == Kind::file);
    CHECK(next_word({"run", "--local-dir", ""}).kind == Kind::file);
    const NextWord leftovers = next_word({"run", "--leftovers", ""});
    CHECK(leftovers.words.size() == 3);
    CHECK(offers(leftovers, "kill"));
    const NextWord guard = next_word({"--restart-guard", ""});
    CHECK(guard.words.size() == 1);
    CHECK(offers(guard, "off"));
    CHECK(offers(next_word({"doctor", "--accept", ""}), "persistence"));
    const NextWord ttl = next_word({"run", "--ttl", ""});
    CHECK(ttl.kind == Kind::known);
    CHECK(ttl.words.empty());
}

TEST_CASE("a value may stand behind '='") {
    const NextWord next = next_word({"run", "--on-lost=ig"});
    CHECK(next.before == "--on-lost=");
    CHECK(next.begun == "ig");
    CHECK(offers(next, "ignore"));
    CHECK(next_word({"--config=/e"}).kind == Kind::file);
    CHECK(next_word({"--unknown=/e"}).words.size() == next_word({"-"}).words.size());
}

TEST_CASE("a command's argument is a lock, once") {
    for (const char* command : {"run", "acquire", "renew", "release", "verify", "status", "list", "force-release"})
        CHECK(next_word({command, ""}).kind == Kind::lock);
    CHECK(next_word({"status", "-v", "--node", "redis://a", "de"}).kind == Kind::lock);
    const NextWord more = next_word({"status", "deploy", ""});
    CHECK(more.kind == Kind::known);
    CHECK(more.words.empty());
    CHECK(offers(next_word({"completion", ""}), "fish"));
    CHECK(offers(next_word({"help", ""}), "force-release"));
    CHECK(offers(next_word({"local", ""}), "stop"));
}

TEST_CASE("for run each name of several is completed by itself") {
    const NextWord next = next_word({"run", "deploy,mig,sit"});
    CHECK(next.kind == Kind::lock);
    CHECK(next.before == "deploy,mig,");
    CHECK(next.begun == "sit");
    CHECK(next_word({"status", "deploy,sit"}).begun == "deploy,sit");
    CHECK(next_word({"run", "deploy,site", ""}).kind == Kind::program);
}

TEST_CASE("behind the lock of run comes a program, and then its words") {
    CHECK(next_word({"run", "deploy", ""}).kind == Kind::program);
    CHECK(next_word({"run", "deploy", "--", "l"}).kind == Kind::program);
    CHECK(next_word({"run", "-w", "5m", "deploy", ""}).kind == Kind::program);
    CHECK(offers(next_word({"run", "deploy", "-"}), "--ttl"));
    CHECK(next_word({"run", "deploy", "--", "-"}).kind == Kind::program);
    // From here on nothing is ours: not an option, not its value, not a second "--".
    CHECK(next_word({"run", "deploy", "ls", "-"}).kind == Kind::file);
    CHECK(next_word({"run", "deploy", "ls", "--on-lost", ""}).kind == Kind::file);
    CHECK(next_word({"run", "deploy", "--", "ls", "--", "--on-lost="}).kind == Kind::file);
    CHECK(given(next_word({"run", "deploy", "ls", "--profile", "x", ""}), "profile") == "");
}

TEST_CASE("what was typed of nodes, file and profile counts") {
    const NextWord next =
        next_word({"--node", "redis://a", "--profile=ci", "status", "--node=b,c", "--key-prefix", "p:", ""});
    CHECK(next.kind == Kind::lock);
    CHECK(given(next, "nodes") == "redis://a,b,c");
    CHECK(given(next, "profile") == "ci");
    CHECK(given(next, "key-prefix") == "p:");
    CHECK(given(next_word({"run", "--timeout", "5m", ""}), "wait") == "5m");
}

} // namespace holdfast::test::next_word_test
