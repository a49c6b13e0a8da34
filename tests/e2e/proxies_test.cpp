// Proxies before a server, and servers that refuse in other words than Redis: what works through them, and what is
// said.
#include "support/holdfast.hpp"
#include "support/hostile_server.hpp"
#include "support/proxy_server.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdfast::test::proxies_test {

using namespace std::chrono_literals;

namespace {

constexpr auto loopback = RedisServer::Listens::loopback;

Finished run_by(const std::string& node, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"-n"});
    more.insert(more.end(), {"x", "echo", "ran"});
    return finish(run_on(node, std::move(more)));
}

/// What it says of the node, when no lock can be had there.
std::string refusal(const std::string& node, const std::string& uri, int status) {
    const Finished done = run_by(uri);
    CAPTURE(done.err);
    CHECK(done.status() == status);
    const std::string begin = "holdfast: " + node + " cannot be used: ";
    const std::string end = "; the command was not run\n";
    REQUIRE(done.err.starts_with(begin));
    REQUIRE(done.err.ends_with(end));
    return done.err.substr(begin.size(), done.err.size() - begin.size() - end.size());
}

void check_runs(const std::string& uri) {
    const Finished done = run_by(uri);
    CAPTURE(done.err);
    CHECK(done.status() == 0);
    CHECK(done.out == "ran\n");
    CHECK(done.err.empty());
}

When command_in(std::vector<std::string> names) {
    return [names](const auto& words) { return std::ranges::find(names, words.front().text) != names.end(); };
}

Trick refuses(const std::string& error) { return {.name = error, .says = "-" + error + "\r\n", .only_then = true}; }

std::string with_password(const std::string& uri, const std::string& password = "geheim") {
    return "redis://:" + password + "@" + uri.substr(std::string_view{"redis://"}.size());
}

const char* const refusals_of_hello[] = {"ERR unsupported command 'HELLO'",
                                         "ERR command hello not support for your account", "ERR syntax error",
                                         "NOPERM no permissions to run the 'hello' command", "no"};

} // namespace

TEST_CASE("through twemproxy a lock is taken, waited for, renewed, looked at and released") {
    RedisServer real{{}, loopback};
    const auto proxy = ProxyServer::twemproxy(real.port());
    const std::string node = proxy.uri();
    check_runs(node);
    CHECK(real.text({"EXISTS", "holdfast:x"}) == "0");
    Process holder{run_on(node, {"--ttl", "1s", "--grace", "100ms", "x", "-c", "echo started; cat"})};
    holder.wait_for_out("started");
    CHECK(run_by(node).status() == 75);
    Process waiter{run_on(node, {"-w", "20s", "x", "echo", "mine"})};
    CHECK(finish(holdfast::test::holdfast({"status", "--node", node, "x"})).status() == 0);
    // More than the lock's TTL.
    std::this_thread::sleep_for(1500ms);
    CHECK(holder.running());
    CHECK(finish(holdfast::test::holdfast({"force-release", "--yes", "--node", node, "x"})).status() == 0);
    CHECK(holder.wait().status() == 79);
    CHECK(waiter.wait().out == "mine\n");
    const Finished acquired = finish(holdfast::test::holdfast({"acquire", "--node", node, "x"}));
    REQUIRE(acquired.status() == 0);
    const std::string token = acquired.out.substr(0, acquired.out.find('\n'));
    for (const char* command : {"verify", "renew", "release"})
        CHECK(finish(holdfast::test::holdfast({command, "--node", node, "--token", token, "x"})).status() == 0);
    CHECK(real.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("through twemproxy with a password, needed or not") {
    RedisServer real{{"--requirepass", "geheim"}, loopback};
    const auto proxy = ProxyServer::twemproxy(real.port(), "  redis_auth: geheim\n");
    check_runs(with_password(proxy.uri()));
    CHECK(refusal(proxy.uri(), with_password(proxy.uri(), "falsch"), 77).starts_with("it "));
    CHECK(refusal(proxy.uri(), proxy.uri(), 77).starts_with("it asks for a password and none was given"));
    RedisServer open{{}, loopback};
    const auto needless = ProxyServer::twemproxy(open.port());
    check_runs(with_password(needless.uri()));
}

TEST_CASE("what twemproxy does not take is named") {
    RedisServer real{{}, loopback};
    const auto proxy = ProxyServer::twemproxy(real.port());
    const std::string also = "also without HELLO: it is not Redis, has no server behind it, or is a proxy without ";
    CHECK(has(run_by(proxy.uri(), {"--no-scripts"}).err, also + "MULTI"));
    const Finished listed = finish(holdfast::test::holdfast({"list", "--node", proxy.uri()}));
    CHECK(listed.status() == 69);
    CHECK(has(listed.err, also + "TIME"));
    CHECK(has(finish(holdfast::test::holdfast({"doctor", "--node", proxy.uri()})).out, also + "INFO"));
    const auto with_login = ProxyServer::twemproxy(real.port(), "  redis_auth: geheim\n");
    CHECK(has(run_by(with_password(with_login.uri()), {"--no-scripts"}).err, also + "MULTI"));
}

TEST_CASE("twemproxy without its server says so, and a database other than 0 is refused in words") {
    RedisServer real{{}, loopback};
    const auto proxy = ProxyServer::twemproxy(real.port());
    CHECK(has(refusal(proxy.uri() + "/1", proxy.uri() + "/1", 69),
              " before its first answer; if it is a proxy without HELLO, leave the database out of its URI"));
    real.kill();
    CHECK(has(refusal(proxy.uri(), proxy.uri(), 69), "at EVAL it says: ERR Connection refused; at MULTI it closed the "
                                                     "connection; it may be a proxy without MULTI"));
}

TEST_CASE("through haproxy that hands on bytes all is as without, and one without a server or with HTTP is told") {
    RedisServer real{{}, loopback};
    const auto proxy = ProxyServer::haproxy("tcp", real.port());
    check_runs(proxy.uri());
    CHECK(has(real.text({"INFO", "commandstats"}), "cmdstat_hello:calls=2,"));
    const auto http = ProxyServer::haproxy("http", real.port());
    CHECK(refusal(http.uri(), http.uri(), 69) == "a web server answers there, not Redis; check the port");
    const auto serverless = ProxyServer::haproxy("tcp", 0);
    CHECK(has(refusal(serverless.uri(), serverless.uri(), 69),
              " before its first answer, also without HELLO: it is not Redis, has no server behind it, or is a proxy "
              "without EVALSHA"));
}

TEST_CASE("through stunnel a lock is had by TLS, and without TLS the right scheme is named") {
    Authority authority;
    RedisServer real{{}, loopback};
    const auto proxy = ProxyServer::stunnel(real.port(), authority.sign());
    check_runs(fmt::format("rediss://{}?ca={}", proxy.address(), authority.ca()));
    const auto twemproxy = ProxyServer::twemproxy(real.port());
    const auto both = ProxyServer::stunnel(twemproxy.port(), authority.sign());
    check_runs(fmt::format("rediss://{}?ca={}", both.address(), authority.ca()));
    CHECK(refusal(proxy.uri(), proxy.uri(), 69).ends_with("; if it speaks TLS, write rediss://"));
}

TEST_CASE("a server that refuses HELLO in other words is asked all the same") {
    for (const char* words : refusals_of_hello) {
        CAPTURE(words);
        RedisServer real;
        const HostileServer server{refuses(words), real.node(), command_in({"HELLO"})};
        check_runs(server.uri());
        CHECK(real.text({"EXISTS", "holdfast:x"}) == "0");
    }
}

TEST_CASE("a server that refuses HELLO with a password in it gets AUTH alone") {
    for (const char* words : refusals_of_hello) {
        CAPTURE(words);
        RedisServer real;
        real.command({"CONFIG", "SET", "requirepass", "geheim"});
        const HostileServer server{refuses(words), real.node(), command_in({"HELLO"})};
        check_runs(with_password(server.uri()));
        check_runs(with_password(server.uri() + "/1"));
        CHECK(refusal(server.uri(), with_password(server.uri(), "falsch"), 77)
                  .starts_with("it does not let user 'default' in with the password"));
        CHECK(refusal(server.uri(), server.uri(), 77).starts_with("it asks for a password and none was given"));
    }
}

TEST_CASE("a server that refuses HELLO and needs no password is used with one") {
    RedisServer real;
    const HostileServer server{refuses("ERR unknown command 'HELLO'"), real.node(), command_in({"HELLO"})};
    check_runs(with_password(server.uri()));
    check_runs(with_password(server.uri() + "/1"));
    CHECK(real.text({"EXISTS", "holdfast:x"}) == "0");
}

TEST_CASE("a server that refuses scripts in other words is asked by transaction") {
    for (const char* words : {"ERR unknown command `EVAL`, with args beginning with: ", "unsupported command 'EVAL'",
                              "ERR not allowed", "NOPERM you may not"}) {
        CAPTURE(words);
        RedisServer real;
        const HostileServer server{refuses(words), real.node(), command_in({"EVAL", "EVALSHA"})};
        check_runs(server.uri());
        const Finished told = run_by(server.uri(), {"-v"});
        CHECK(has(told.err, ", by transaction\n"));
        CHECK(real.text({"EXISTS", "holdfast:x"}) == "0");
    }
}

TEST_CASE("a server that refuses scripts and transactions ends a wait at once, with both of its sentences") {
    RedisServer real{{"--rename-command", "EVAL", "", "--rename-command", "MULTI", ""}};
    const Finished waiting = finish(run_on(real.uri(), {"x", "echo", "never"}));
    CHECK(waiting.status() == 77);
    CHECK(has(waiting.err, "cannot be used: at EVAL it says: ERR unknown command 'EVAL'"));
    CHECK(has(waiting.err, "; at MULTI it says: ERR unknown command 'MULTI'"));
    const Finished by_choice = finish(run_on(real.uri(), {"--no-scripts", "x", "echo", "never"}));
    CHECK(by_choice.status() == 77);
    CHECK(has(by_choice.err, "cannot be used: it says: ERR unknown command 'MULTI'"));
    // Among others it is one that has no vote.
    RedisServers good{2};
    CHECK(run_by(good.uris() + "," + real.uri()).status() == 0);
}

TEST_CASE("a script that is refused for a while, or for its keys, is not tried in another way") {
    for (const char* words : {"BUSY Redis is busy running a script.", "OOM command not allowed", "LOADING its data",
                              "NOPERM No permissions to access a key"}) {
        CAPTURE(words);
        RedisServer real;
        const HostileServer server{refuses(words), real.node(), command_in({"EVAL", "EVALSHA"})};
        CHECK(refusal(server.uri(), server.uri(), has(words, "NOPERM") ? 77 : 69)
                  .starts_with(fmt::format("it says: {}", std::string{words}.substr(0, 4))));
        CHECK_FALSE(has(real.text({"INFO", "commandstats"}), "cmdstat_multi"));
    }
}

TEST_CASE("a grant that a closed connection hides is taken back, also when the node is asked again without HELLO") {
    RedisServer real;
    // It knows the scripts from here on.
    check_runs(real.uri());
    const HostileServer server{
        {.name = "hides", .executes = true, .then = Trick::Then::closes}, real.node(), command_in({"HELLO"})};
    CHECK(refusal(server.uri(), server.uri(), 69) == "it has granted the lock, but its answer was lost");
    CHECK(real.text({"EXISTS", "holdfast:x"}) == "0");
    const Finished waiting = finish(run_on(server.uri(), {"x", "echo", "ran"}));
    CHECK(waiting.out == "ran\n");
    CHECK(real.text({"EXISTS", "holdfast:x"}) == "0");
    // The copy without an answer could come after the release.
    CHECK(has(real.text({"INFO", "keyspace"}), "keys="));
    CHECK(real.command({"KEYS", "*:void:*"}).items.size() == 2);
}

} // namespace holdfast::test::proxies_test
