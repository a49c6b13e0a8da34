// `holdfast run` over TLS.
#include "support/certificates.hpp"
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace holdfast::test::tls_test {

using namespace std::chrono_literals;

namespace {

/// Servers that want a certificate of their clients, who find all they need in the nodes' URIs.
struct TlsServers {
    Authority authority{};
    CertificateFiles ours = authority.sign("DNS:client");
    std::vector<std::unique_ptr<RedisServer>> servers{};
    std::string uris{};

    explicit TlsServers(size_t count) {
        while (servers.size() < count) add(authority.sign());
    }
    void add(const CertificateFiles& files) {
        std::vector<std::string> options = authority.server_options(files);
        options.back() = "yes";
        servers.push_back(std::make_unique<RedisServer>(options, RedisServer::Listens::tls));
        if (!uris.empty()) uris += ",";
        uris += servers.back()->tls_node({.ca = authority.ca(), .cert = ours.cert, .key = ours.key}).uri();
    }
    bool held_on_all() const {
        return std::ranges::all_of(servers, [](auto& s) { return s->text({"EXISTS", "holdfast:x"}) == "1"; });
    }
    bool held_on_any() const {
        return std::ranges::any_of(servers, [](auto& s) { return s->text({"EXISTS", "holdfast:x"}) == "1"; });
    }
};

} // namespace

TEST_CASE("a run over TLS holds, renews and releases its lock, and its command can ask the same nodes") {
    for (const size_t n : {1U, 3U}) {
        CAPTURE(n);
        TlsServers servers{n};
        Process run{run_on(servers.uris, {"--ttl", "4s", "--grace", "100ms", "x", "-c",
                                          fmt::format("cd /; '{}' status x; echo $?; cat", HOLDFAST_BINARY)})};
        run.wait_for_out("x is held by sh");
        run.wait_for_out("\n0\n");
        const BootTime begin = BootClock::now();
        REQUIRE(eventually([&] { return BootClock::now() > begin + 5s; }));
        CHECK(servers.held_on_all());
        run.signal(SIGTERM);
        const Finished ended = run.wait();
        CHECK(ended.signal() == SIGTERM);
        CHECK(ended.err.empty());
        CHECK_FALSE(servers.held_on_any());
    }
}

TEST_CASE("over TLS too the holder is told at once when its lock is taken away, and the waiter that it is its turn") {
    TlsServers servers{3};
    Process holder{run_on(servers.uris, {"--ttl", "1m", "--grace", "100ms", "x", "-c", "echo started; cat"})};
    holder.wait_for_out("started");
    Process waiter{run_on(servers.uris, {"x", "echo", "mine"})};
    REQUIRE(eventually([&] { return servers.servers[2]->text({"ZCARD", "holdfast:x:{holdfast:x}:queue"}) == "1"; }));
    const BootTime begin = BootClock::now();
    CHECK(finish(holdfast::test::holdfast({"force-release", "-y", "--node", servers.uris, "x"})).status() == 0);
    CHECK(holder.wait().status() == 79);
    CHECK(waiter.wait().out == "mine\n");
    // The next renewal would be after twenty seconds.
    CHECK(BootClock::now() - begin < 15s);
}

TEST_CASE("a node that cannot prove who it is has no vote, and the others have theirs") {
    TlsServers servers{2};
    servers.add(servers.authority.sign("DNS:elsewhere"));
    const Finished run = finish(run_on(servers.uris, {"-v", "x", "echo", "done"}));
    CHECK(run.status() == 0);
    CHECK(run.out == "done\n");
    CHECK(servers.servers[2]->text({"EXISTS", "holdfast:x:{holdfast:x}:fence"}) == "0");
}

TEST_CASE("when too few can, the command is not run, the status is 77 and the message has the reason") {
    Authority authority;
    const RedisServer server{authority.server_options(authority.sign("IP:127.0.0.1", {-48h, -24h})),
                             RedisServer::Listens::tls};
    const Node node = server.tls_node({.ca = authority.ca()});
    const Finished one = finish(run_on(node.uri(), {"x", "echo", "run"}));
    CHECK(one.status() == 77);
    CHECK(one.out.empty());
    CHECK(one.err.starts_with(
        fmt::format("holdfast: {} cannot be used: its certificate has expired on 20", node.display())));

    const std::string several =
        fmt::format("{},{},{}", node.uri(), server.tls_node({.ca = authority.ca()}, "localhost").uri(), server.uri());
    const Finished two = finish(run_on(several, {"x", "echo", "run"}));
    CHECK(two.status() == 77);
    CHECK(two.out.empty());
    CHECK(two.err.starts_with(fmt::format(
        "holdfast: too few nodes can be used, 2 are needed; the command was not run\n  {}", node.display())));
}

TEST_CASE("a file that cannot be read is a matter of configuration") {
    const Finished run = finish(run_on("rediss://127.0.0.1:1?ca=/no/such.pem", {"x", "true"}));
    CHECK(run.status() == 78);
    CHECK(run.err == "holdfast: cannot read the TLS authorities from /no/such.pem: no such file or directory\n");
}

TEST_CASE("who does not check certificates is reminded of it each time") {
    Authority authority;
    const RedisServer server{authority.server_options(authority.sign("DNS:elsewhere")), RedisServer::Listens::tls};
    const Node node = server.tls_node({.insecure = true});
    for (const char* loudness : {"-v", "-q"}) {
        const Finished run = finish(run_on(node.uri(), {loudness, "x", "echo", "done"}));
        CHECK(run.status() == 0);
        CHECK(run.err.starts_with(
            fmt::format("holdfast: the certificate of {} is not checked (insecure): whoever stands between can "
                        "read the password and give the lock away\n",
                        node.display())));
    }
}

} // namespace holdfast::test::tls_test
