#include "base/error.hpp"
#include "config/node_list.hpp"
#include "config/resolve.hpp"

#include <doctest/doctest.h>

#include <map>

namespace holdfast::test::settings_test {

using namespace std::chrono_literals;

namespace {

using Variables = std::map<std::string, std::string>;

Environment environment(Variables variables) {
    return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional{found->second};
    };
}

/// As if those options had been typed.
Layer typed(const Variables& values) {
    Layer layer;
    for (const auto& [name, text] : values)
        layer.insert_or_assign(name, Given{Source::command_line, find_option(name)->flag(), text});
    return layer;
}

Settings settings(const Variables& options, Variables variables = {}) {
    variables.try_emplace("HOLDFAST_CONFIG", "/dev/null");
    return resolve(typed(options), environment(std::move(variables))).settings;
}

std::pair<ExitStatus, std::string> refused(const Variables& options, Variables variables = {}) {
    try {
        settings(options, std::move(variables));
    } catch (const Failure& failure) {
        return {failure.status(), failure.what()};
    }
    return {ExitStatus::ok, ""};
}

} // namespace

TEST_CASE("without a word the defaults hold") {
    const Settings defaults = settings({});
    CHECK(defaults.nodes.empty());
    CHECK(defaults.ttl == 30s);
    CHECK(defaults.grace == 5s);
    CHECK(defaults.node_timeout == 1s);
    CHECK_FALSE(defaults.wait.has_value());
    CHECK(defaults.conflict_exit_code == 75);
    CHECK(defaults.key_prefix == "holdfast:");
}

TEST_CASE("grace and node timeout follow a short TTL") {
    CHECK(settings({{"ttl", "4s"}}).grace == 1s);
    CHECK(settings({{"ttl", "4s"}}).node_timeout == 400ms);
    CHECK(settings({{"ttl", "4s"}, {"grace", "0"}}).grace == 0s);
}

TEST_CASE("the command line goes before the environment, and that before the defaults") {
    CHECK(settings({}, {{"HOLDFAST_TTL", "60"}}).ttl == 60s);
    CHECK(settings({{"ttl", "10s"}}, {{"HOLDFAST_TTL", "60"}}).ttl == 10s);
    CHECK(settings({}, {{"HOLDFAST_KEY_PREFIX", "p:"}}).key_prefix == "p:");
    CHECK(settings({{"key-prefix", ""}}, {{"HOLDFAST_KEY_PREFIX", "p:"}}).key_prefix.empty());
    CHECK(settings({{"nonblock", "yes"}}, {{"HOLDFAST_WAIT", "60"}}).wait == 0s);
    CHECK(settings({}, {{"HOLDFAST_TTL", ""}}).ttl == 30s);
    CHECK(settings({}, {{"HOLDFAST_KEY_PREFIX", ""}}).key_prefix.empty());
}

TEST_CASE("node lists are split at commas, and the typed ones replace the environment's") {
    const Settings both = settings({{"nodes", "a,b,c"}}, {{"HOLDFAST_NODES", "d"}});
    REQUIRE(both.nodes.size() == 3);
    CHECK(both.nodes[1].reveal() == "b");
    CHECK(both.nodes[2].reveal() == "c");
    CHECK(settings({}, {{"HOLDFAST_NODES", "d,,e,"}}).nodes.size() == 2);
    CHECK(settings({{"nodes", " a, b "}}).nodes[1].reveal() == "b");
    CHECK(settings({{"nodes", " a, b "}}).nodes[0].reveal() == "a");
}

TEST_CASE("what may happen to the command is a choice of words") {
    CHECK(settings({}).on_lost == Settings::OnLost::stop);
    CHECK(settings({{"on-lost", "ignore"}}).on_lost == Settings::OnLost::ignore);
    CHECK(settings({{"leftovers", "kill"}}).leftovers == Settings::Leftovers::kill);
    CHECK(settings({}, {{"HOLDFAST_LEFTOVERS", "leave"}}).leftovers == Settings::Leftovers::leave);
    CHECK(refused({{"on-lost", "wait"}}).second == "--on-lost 'wait' is not stop or ignore");
    CHECK(settings({{"restart-guard", "2m"}}).restart_guard == 2min);
    CHECK_FALSE(settings({{"restart-guard", "off"}}).restart_guard.has_value());
    CHECK(settings({}).restart_guard == 60s);
    CHECK(refused({{"restart-guard", "on"}}).second ==
          "--restart-guard 'on' is not a duration of at most 365d, as in 500ms, 30s, 5m, 1h30m, or off");
    CHECK(settings({}).history == 100);
    CHECK(settings({{"history", "30000"}}).history == 30'000);
    CHECK_FALSE(settings({}, {{"HOLDFAST_HISTORY", "off"}}).history.has_value());
    CHECK(refused({{"history", "0"}}).second == "--history '0' is not a number from 1 to 1000000, or off");
    CHECK(settings({}, {{"HOLDFAST_NO_SCRIPTS", "true"}}).no_scripts);
    CHECK(settings({{"tree", "yes"}}).tree);
    CHECK(settings({}, {{"HOLDFAST_TREE", "1"}}).tree);
    CHECK_FALSE(settings({}, {{"HOLDFAST_TREE", "no"}}).tree);
    CHECK(refused({}, {{"HOLDFAST_TREE", "x"}}).second == "HOLDFAST_TREE 'x' is not yes or no");
    CHECK(refused({{"leftovers", "x"}}).second == "--leftovers 'x' is not wait, kill or leave");
    CHECK(settings({{"max-hold", "5m"}}).max_hold == 5min);
    CHECK_FALSE(settings({{"max-hold", "0"}}).max_hold.has_value());
}

TEST_CASE("-w 0 is -n") {
    CHECK(settings({{"wait", "0"}}).wait == 0s);
    CHECK(settings({{"nonblock", "yes"}}).wait == 0s);
}

TEST_CASE("a bad value names its option or variable and shows what would do") {
    CHECK(refused({{"ttl", "5q"}}) ==
          std::pair{ExitStatus::usage,
                    std::string{"--ttl '5q' is not a duration of at most 365d, as in 500ms, 30s, 5m, 1h30m"}});
    CHECK(refused({}, {{"HOLDFAST_TTL", "soon"}}).first == ExitStatus::configuration);
    CHECK(refused({}, {{"HOLDFAST_TTL", "soon"}}).second.starts_with("HOLDFAST_TTL 'soon'"));
    CHECK(refused({{"conflict-exit-code", "256"}}).second.starts_with("--conflict-exit-code '256'"));
    CHECK(refused({{"conflict-exit-code", "x"}}).first == ExitStatus::usage);
    CHECK(refused({{"drift", "2"}}).second.starts_with("--drift '2'"));
    CHECK(refused({{"node-timeout", "0"}}).second.starts_with("--node-timeout '0'"));
    CHECK(refused({{"local-dir", "here"}}).second.find("absolute") != std::string::npos);
    CHECK(refused({{"wait", "5"}, {"nonblock", "yes"}}).first == ExitStatus::usage);
    CHECK(refused({{"verbose", "yes"}, {"quiet", "yes"}}).first == ExitStatus::usage);
}

TEST_CASE("a URI is shown without its password, also where it is not written as it should be") {
    const std::pair<const char*, const char*> cases[] = {
        {"redis://bob:geheim@h:1/2", "redis://bob:***@h:1/2"},
        {"redis://:ge@he/im@h", "redis://:***@h"},
        {"bob:geheim@h", "bob:***@h"},
        {"redis://:geheim", "redis://:***"},
        {"redis://bob:geheim", "redis://bob:***"},
        {"redis://:123", "redis://:***"},
        {"geheim@h", "***@h"},
        {"sentinel://bob:ge+heim@h1:1+h2/m/2", "sentinel://bob:***@h1:1+h2/m/2"},
        {"sentinels://:geheim@h1+h2/m?sentinel-user=s&sentinel-password=heim&ca=/c",
         "sentinels://:***@h1+h2/m?sentinel-user=s&sentinel-password=***"},
        {"clusters://bob:geheim@[::1]:1+h2", "clusters://bob:***@[::1]:1+h2"},
    };
    for (const auto& [uri, shown] : cases) CHECK(masked(Secret{uri}) == shown);
    for (const char* uri : {"h", "h:1", "redis://h:1/2?db=3", "redis://bob@h:1", "rediss://[::1]:1?insecure=yes",
                            "redis://[::1]", "unix:///a:b@c", "local:", "local:3",
                            "sentinel://h1:1+[::1]:2+h3/m/2?sentinel-tls=yes", "cluster://bob@h1:1+h2:2"})
        CHECK(masked(Secret{uri}) == uri);
}

} // namespace holdfast::test::settings_test
