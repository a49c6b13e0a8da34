// A user that may touch nothing but the keys and channels of one prefix can do all that holdfast does.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::confined_test {

using namespace std::chrono_literals;

namespace {

/// A server with a user for whom an administrator has chosen the prefix.
struct Confined {
    RedisServer server{{}, RedisServer::Listens::loopback};
    std::string prefix;
    ProcessOptions options;

    explicit Confined(const std::string& chosen) : prefix{chosen} {
        const std::string keys = "~" + prefix + "*";
        const std::string channels = "&" + prefix + "*";
        server.command({"ACL", "SETUSER", "me", "on", ">secret", "resetchannels", keys, channels, "+@all"});
        options.environment = {{"HOLDFAST_NODES", "redis://me@127.0.0.1:" + std::to_string(server.port())},
                               {"HOLDFAST_PASSWORD", "secret"},
                               {"HOLDFAST_KEY_PREFIX", prefix}};
    }
    Finished call(std::vector<std::string> words) const { return finish(holdfast::test::holdfast(words), options); }
    Process start(std::vector<std::string> words) const { return Process{holdfast::test::holdfast(words), options}; }
};

} // namespace

TEST_CASE("a user confined to the keys and channels of one prefix locks, waits, is told and looks") {
    for (const char* prefix : {"holdfast:", "app1:"})
        for (const char* way : {"--log-format=text", "--no-scripts"}) {
            CAPTURE(prefix);
            CAPTURE(way);
            const Confined me{prefix};
            Process holder = me.start({"run", way, "x", "-c", "echo started; read line"});
            holder.wait_for_out("started");
            Process next = me.start({"run", way, "x", "-c", "echo mine; cat"});
            REQUIRE(eventually([&] { return has(me.call({"status", way, "x"}).out, "WAITING"); }));
            CHECK(has(me.call({"list"}).out, "\nx  "));
            // Told of its turn, it does not wait until it looks again by itself.
            holder.say("let go\n");
            next.wait_for_out("mine");
            CHECK(holder.wait().status() == 0);
            CHECK(me.call({"force-release", "-y", way, "x"}).status() == 0);
            CHECK(next.wait().status() == 79);
            CHECK_FALSE(has(me.call({"doctor"}).out, "our user lacks"));
        }
}

TEST_CASE("doctor names the key and channel patterns that our user lacks, and no command that it has") {
    const Confined me{"holdfast:"};
    me.server.command({"ACL", "SETUSER", "me", "resetkeys", "~other:*"});
    const Finished keys = me.call({"doctor"});
    CHECK(has(keys.out, "our user lacks ~holdfast:* (no lock without it); it says: "));
    me.server.command({"ACL", "SETUSER", "me", "~holdfast:*", "resetchannels", "&other:*"});
    const Finished channels = me.call({"doctor"});
    CHECK(has(channels.out, "our user lacks &holdfast:* (who waits or loses the lock hears of it later); it says: "));
}

} // namespace holdfast::test::confined_test
