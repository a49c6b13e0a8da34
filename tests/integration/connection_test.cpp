// Servers that refuse, hang, or are none: what a node's failure says.
#include "redis/node_set.hpp"
#include "support/listener.hpp"
#include "support/redis_server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <cerrno>
#include <poll.h>
#include <thread>

namespace holdfast::test::connection_test {

using namespace std::chrono_literals;

namespace {

Answer ask(const Node& node, const Request& request = {"PING"}, milliseconds node_timeout = 2s) {
    NodeSet nodes{{node}, node_timeout};
    nodes.resolve();
    return *nodes.ask_all(request, {.enough = [](const Answers&) { return false; }})[0];
}

NodeFailure failure(const Node& node, milliseconds node_timeout = 2s) {
    const Answer answer = ask(node, {"PING"}, node_timeout);
    REQUIRE_FALSE(answer.replies.has_value());
    return answer.replies.error();
}

/// A server that is none: accepts connections and answers each piece of input with the next of its lines. A line that
/// begins with '!' comes unasked, once the one before it has been read.
class FakeServer {
  public:
    explicit FakeServer(std::vector<std::string> answers) : answers_{std::move(answers)} {
        listener_ = Fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        dir_.file("sock").copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(::listen(listener_.get(), 8) == 0);
        thread_ = std::thread{[this] { serve(); }};
    }
    ~FakeServer() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
    }
    int unasked() const { return unasked_; }
    Node node() const {
        Node node;
        node.socket_path = dir_.file("sock");
        return node;
    }

  private:
    void serve() {
        while (true) {
            const Fd client{::accept(listener_.get(), nullptr, nullptr)};
            if (!client) return;
            for (const std::string& answer : answers_) {
                char buffer[4096];
                pollfd readable{client.get(), POLLIN, 0};
                if (answer.starts_with('!')) {
                    for (int unread = 1; unread > 0;) ::ioctl(client.get(), SIOCOUTQ, &unread);
                    ::send(client.get(), answer.data() + 1, answer.size() - 1, MSG_NOSIGNAL);
                    ++unasked_;
                    ::poll(&readable, 1, 5000);
                    break;
                }
                if (::poll(&readable, 1, 5000) != 1 || ::recv(client.get(), buffer, sizeof buffer, 0) <= 0) break;
                if (::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
            }
        }
    }

    TempDir dir_;
    std::vector<std::string> answers_;
    std::atomic<int> unasked_ = 0;
    Fd listener_;
    std::thread thread_;
};

} // namespace

TEST_CASE("a server on a loopback port answers like one on a Unix socket") {
    RedisServer server{{}, RedisServer::Listens::loopback};
    CHECK(ask(server.node()).replies->front().text == "PONG");
    Node by_name = server.node();
    by_name.host = "localhost"; // which may resolve to ::1 first, where nobody listens
    CHECK(ask(by_name).replies->front().text == "PONG");
}

TEST_CASE("localhost is this host, and nobody is asked about it") {
    Node node;
    node.host = "localhost";
    const std::vector<Address> addresses = known_addresses(node);
    const auto on_loopback = [](const Address& address) {
        if (address.storage.ss_family == AF_INET6) return true;
        return reinterpret_cast<const sockaddr_in&>(address.storage).sin_addr.s_addr == htonl(INADDR_LOOPBACK);
    };
    CHECK(std::ranges::all_of(addresses, on_loopback));
    CHECK(std::ranges::any_of(addresses, [](const Address& a) { return a.storage.ss_family == AF_INET; }));
}

TEST_CASE("where nobody listens the connection is refused at once") {
    RedisServer server{{}, RedisServer::Listens::loopback};
    const Node node = server.node();
    server.kill();
    CHECK(failure(node).kind == NodeFailure::Kind::unreachable);
    CHECK(failure(node).text == "connection refused");
}

TEST_CASE("a name that does not resolve is that node's failure") {
    Node node;
    node.host = "no-such-host.invalid";
    CHECK(failure(node).kind == NodeFailure::Kind::unreachable);
    CHECK(failure(node).text.find("cannot be resolved") != std::string::npos);
}

TEST_CASE("a Unix socket that is not there is said to be just that") {
    TempDir dir;
    Node node;
    node.socket_path = dir.file("sock");
    CHECK(failure(node).kind == NodeFailure::Kind::unreachable);
    CHECK(failure(node).text == "no server there (no such socket)");
}

TEST_CASE("a server that hangs up before its first answer may want TLS, and one that does so later does not") {
    const Listener listener{8};
    // Once more without HELLO.
    std::thread hangs_up{[&] {
        for (int i = 0; i < 2; ++i) Fd{::accept(listener.fd(), nullptr, nullptr)}.reset();
    }};
    Node node;
    node.host = "127.0.0.1";
    node.port = listener.port();
    const std::string text = failure(node).text;
    hangs_up.join();
    CAPTURE(text);
    CHECK(text.ends_with(
        " before its first answer, also without HELLO: it is not Redis, has no server behind it, or is a "
        "proxy without PING; if it speaks TLS, write rediss://"));
    RedisServer server{{}, RedisServer::Listens::loopback};
    NodeSet nodes{{server.node()}, 2s};
    nodes.resolve();
    const auto all = [](const Answers&) { return false; };
    REQUIRE(nodes.ask_all({"PING"}, {.enough = all})[0]->replies.has_value());
    const Answers shut_down = nodes.ask_all({"SHUTDOWN", "NOSAVE"}, {.enough = all});
    REQUIRE_FALSE(shut_down[0]->replies.has_value());
    CHECK(shut_down[0]->replies.error().text == "it closed the connection");
}

TEST_CASE("a request that the socket does not take whole closes it at once") {
    const Listener listener{8};
    Node node;
    node.host = "127.0.0.1";
    node.port = listener.port();
    const std::string large(32 << 20, 'x');
    NodeSet nodes{{node}, 60s};
    nodes.resolve();
    const Answers answers = nodes.ask_all({"ECHO", large}, {.enough = [](const Answers&) { return false; }});
    REQUIRE_FALSE(answers[0]->replies.has_value());
    CHECK(answers[0]->replies.error().text == "it takes no more requests");
    CHECK(nodes[0].number() == 2);
}

TEST_CASE("a server that hangs is known by the node timeout") {
    RedisServer server;
    server.pause();
    const BootTime start = BootClock::now();
    const NodeFailure hung = failure(server.node(), 100ms);
    CHECK(hung.kind == NodeFailure::Kind::timeout);
    CHECK(hung.text == "no answer in 100ms");
    CHECK(BootClock::now() - start >= 100ms);
}

TEST_CASE("passwords: the right one opens, a wrong one or none is denied and never shown") {
    RedisServer server{{"--user", "joe", "on", ">geheim", "~*", "&*", "+@all"}};
    Node node = server.node();
    node.user = "joe";
    node.password = Secret{"geheim"};
    CHECK(ask(node).replies->front().text == "PONG");
    node.password = Secret{"falsch"};
    CHECK(failure(node).kind == NodeFailure::Kind::denied);
    CHECK(failure(node).text ==
          "it does not let user 'joe' in with the password from the node's URI or else from "
          "HOLDFAST_PASSWORD or --password-file; a server with one password for all (requirepass) has no such "
          "user: redis://:PASSWORD@HOST");
}

TEST_CASE("a refused password is tried once more when its file has another one by now") {
    RedisServer server{{"--requirepass", "second"}};
    const TempDir dir;
    Node node = server.node();
    node.password = Secret{"first"};
    node.password_file = dir.write("password", "first\n");
    NodeSet nodes{{node}, 5s};
    nodes.resolve();
    const auto ask_while = [&](const std::function<void()>& meanwhile) {
        server.pause(); // so that the greeting has gone out and has no answer yet
        return *nodes.ask_all({"PING"}, {.enough = [](const Answers&) { return false; },
                                         .meanwhile =
                                             [&] {
                                                 meanwhile();
                                                 server.resume();
                                             }})[0];
    };
    const Answer refused = ask_while([] {});
    REQUIRE_FALSE(refused.replies.has_value());
    CHECK(refused.replies.error().kind == NodeFailure::Kind::denied);
    const Answer answer = ask_while([&] { dir.write("password", "second\n"); });
    REQUIRE(answer.replies.has_value());
    CHECK(answer.replies->front().text == "PONG");
}

TEST_CASE("a server that wants a password says so to whoever has none") {
    RedisServer server;
    server.command({"CONFIG", "SET", "requirepass", "geheim"});
    CHECK(failure(server.node()).kind == NodeFailure::Kind::denied);
    CHECK(failure(server.node()).text ==
          "it asks for a password and none was given; HOLDFAST_PASSWORD or --password-file takes one");
    Node node = server.node();
    node.password = Secret{"geheim"};
    CHECK(ask(node).replies->front().text == "PONG");
}

TEST_CASE("the database of the URI is the one that is used") {
    RedisServer server;
    Node node = server.node();
    node.db = 3;
    ask(node, {"SET", "k", "v"});
    CHECK(server.text({"EXISTS", "k"}) == "0");
    CHECK(ask(node, {"GET", "k"}).replies->front().text == "v");
    node.db = 99;
    CHECK(failure(node).kind == NodeFailure::Kind::denied);
}

TEST_CASE("a replica has no vote") {
    RedisServer server{{}, RedisServer::Listens::loopback};
    RedisServer replica{{"--replicaof", "127.0.0.1", std::to_string(server.node().port)}};
    Node node = replica.node();
    CHECK(failure(node).kind == NodeFailure::Kind::no_vote);
    CHECK(failure(node).text.find("replica") != std::string::npos);
}

TEST_CASE("whatever is no Redis server is no vote, and its text is made safe") {
    const std::vector<std::pair<std::string, std::string>> strangers{
        {"HTTP/1.1 400 Bad Request\r\n\r\n", "a web server answers there"},
        {"SSH-2.0-OpenSSH_9.2\r\n", "an SSH server answers there"},
        {"\x15\x03\x01", "it seems to speak TLS"},
        {"220 mail ready\r\n", "not Redis"},
        {"-DENIED Redis is running in protected mode because ...\r\n", "it is in protected mode"},
        {"-ERR max number of clients reached\r\n", "its maxclients allows"},
        {"%1\r\n$4\r\nmode\r\n$8\r\nsentinel\r\n", "it is a Sentinel"},
        {"-LOADING \x1b[2J\r\n", "\\x1b[2J"},
        {"*1000000000\r\n", "not Redis"},
        {"$-5\r\n", "not Redis"},
        {"+OK\r\n+PONG\r\n", "HELLO"},
    };
    for (const auto& [line, says] : strangers) {
        CAPTURE(line);
        FakeServer stranger{{line}};
        const NodeFailure what = failure(stranger.node());
        CHECK(what.kind == NodeFailure::Kind::no_vote);
        CAPTURE(what.text);
        CHECK(what.text.find(says) != std::string::npos);
    }
}

TEST_CASE("an older server that does not know HELLO still has a vote") {
    FakeServer old{{"-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n+PONG\r\n"}};
    CHECK(ask(old.node()).replies->front().text == "PONG");
}

TEST_CASE("a message that nobody asked for is no answer") {
    FakeServer chatty{{"%1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n>2\r\n+hello\r\n+there\r\n+PONG\r\n"}};
    CHECK(ask(chatty.node()).replies->front().text == "PONG");
}

TEST_CASE("a late answer of one round never counts for the next") {
    // The first PING is answered only when the second has come, and that one when the answer has been read.
    FakeServer slow{{"%1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n", "+first\r\n", "!+second\r\n"}};
    NodeSet nodes{{slow.node()}, 5s};
    nodes.resolve();
    const auto soon = BootClock::now() + 100ms;
    const Answers first = nodes.ask_all({"PING"}, {.enough = [](const Answers&) { return false; }, .deadline = soon});
    CHECK_FALSE(first[0].has_value());
    const Answers second = nodes.ask_all({"PING"}, {.enough = [](const Answers&) { return false; }});
    REQUIRE(second[0]->replies.has_value());
    CHECK(second[0]->replies->front().text == "second");
}

TEST_CASE("a reply that came unasked between two rounds is no answer to the next") {
    FakeServer shifted{{"%1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n+first\r\n", "!+unasked\r\n"}};
    NodeSet nodes{{shifted.node()}, 5s};
    nodes.resolve();
    const auto all = [](const Answers&) { return false; };
    CHECK(nodes.ask_all({"PING"}, {.enough = all})[0]->replies->front().text == "first");
    REQUIRE(eventually([&] { return shifted.unasked() == 1; }));
    // On a new connection, where the server begins anew.
    CHECK(nodes.ask_all({"PING"}, {.enough = all})[0]->replies->front().text == "first");
}

TEST_CASE("a connection with an overdue answer is not used again") {
    RedisServer server;
    NodeSet nodes{{server.node()}, 100ms};
    nodes.resolve();
    server.pause();
    const Answers hung = nodes.ask_all({"INCR", "n"}, {.enough = [](const Answers&) { return false; }});
    CHECK(hung[0]->replies.error().kind == NodeFailure::Kind::timeout);
    server.resume();
    CHECK(eventually([&] { return server.text({"GET", "n"}) == "1"; }));
    const Answers next = nodes.ask_all({"GET", "n"}, {.enough = [](const Answers&) { return false; }});
    REQUIRE(next[0]->replies.has_value());
    CHECK(next[0]->replies->front().text == "1");
}

TEST_CASE("an answer that was there in time and is read too late is a timeout") {
    RedisServer server;
    NodeSet nodes{{server.node()}, 100ms};
    nodes.resolve();
    const auto asleep = [](const Answers&) {
        const BootTime written = BootClock::now();
        eventually([&] { return BootClock::now() > written + 100ms; });
        return false;
    };
    const Answers late = nodes.ask_all({"PING"}, {.enough = asleep});
    REQUIRE_FALSE(late[0]->replies.has_value());
    CHECK(late[0]->replies.error().kind == NodeFailure::Kind::timeout);
}

TEST_CASE("an answer that nobody waited for does not fail the next round when it is overdue") {
    RedisServer server;
    NodeSet nodes{{server.node()}, 1s};
    nodes.resolve();
    server.pause();
    nodes.ask_all({"PING"}, {.enough = [](const Answers&) { return true; }});
    const BootTime written = BootClock::now();
    CHECK(eventually([&] { return BootClock::now() > written + 1s; }));
    server.resume();
    CHECK(nodes.ask_all({"PING"}, {.enough = [](const Answers&) { return false; }})[0]->replies.has_value());
}

TEST_CASE("a server that talks without end is not listened to without end") {
    const Listener listener{1};
    std::thread server{[&] {
        const Fd client{::accept(listener.fd(), nullptr, nullptr)};
        char buffer[4096];
        ::recv(client.get(), buffer, sizeof buffer, 0);
        std::string words = "%1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n";
        while (::send(client.get(), words.data(), words.size(), MSG_NOSIGNAL) > 0)
            for (words.clear(); words.size() < 100'000;) words += ">3\r\n+message\r\n+channel\r\n+text\r\n";
    }};
    Node node;
    node.host = "127.0.0.1";
    node.port = listener.port();
    {
        NodeSet nodes{{node}, 60s};
        nodes.resolve();
        nodes.ask_all({"PING"}, {.enough = [](const Answers&) { return false; }, .deadline = BootClock::now() + 100ms});
        CHECK(eventually([&] {
            nodes.take_messages();
            return nodes[0].number() == 2;
        }));
    }
    server.join();
}

TEST_CASE("a connection that breaks fails the round that asks, whatever an earlier one still waited for") {
    FakeServer closing{{"%1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n", ""}};
    NodeSet nodes{{closing.node()}, 5s};
    nodes.resolve();
    const auto all = [](const Answers&) { return false; };
    const Answers first = nodes.ask_all({"PING"}, {.enough = all, .deadline = BootClock::now() + 100ms});
    CHECK_FALSE(first[0].has_value());
    const Answers second = nodes.ask_all({"PING"}, {.enough = all, .deadline = BootClock::now() + 10s});
    REQUIRE(second[0].has_value());
    REQUIRE_FALSE(second[0]->replies.has_value());
    CHECK(second[0]->replies.error().kind == NodeFailure::Kind::unreachable);
}

TEST_CASE("a connection that is given up is reset before the next is opened, and the last one ends in order") {
    const Listener listener{2};
    Node silent;
    silent.host = "127.0.0.1";
    silent.port = listener.port();
    {
        NodeSet nodes{{silent}, 50ms};
        nodes.resolve();
        for (int i = 0; i < 2; ++i) {
            const Answers answers = nodes.ask_all({"PING"}, {.enough = [](const Answers&) { return false; }});
            CHECK(answers[0]->replies.error().text == "no answer in 50ms");
        }
    }
    const auto last_read = [&] {
        const Fd client{::accept(listener.fd(), nullptr, nullptr)};
        char buffer[4096];
        ssize_t got = 0;
        do got = ::recv(client.get(), buffer, sizeof buffer, 0);
        while (got > 0);
        return got;
    };
    CHECK(last_read() == -1);
    CHECK(errno == ECONNRESET);
    CHECK(last_read() == 0);
}

TEST_CASE("what was read on a connection that has gone since is no ground to go on") {
    const FakeServer server{{"-NOPROTO\r\n+read\r\n+unasked\r\n", "-NOPROTO\r\n+written\r\n"}};
    NodeSet nodes{{server.node()}, 2s};
    nodes.resolve();
    const auto read_then_write = [](size_t) {
        return Exchange{{"GET", "x"}, [](std::vector<Reply>&&) -> Step { return Exchange{{"SET", "x", "1"}}; }};
    };
    const Answers answers = nodes.ask(read_then_write, {.enough = [](const Answers&) { return false; }});
    REQUIRE_FALSE(answers[0]->replies.has_value());
    CHECK(answers[0]->replies.error().text == "it closed the connection");
}

TEST_CASE("a server that takes no more of a request has failed, and nobody waits for it to go on") {
    RedisServer server;
    server.pause();
    const Answer answer = ask(server.node(), {"ECHO", std::string(8 << 20, 'x')}, 10s);
    REQUIRE_FALSE(answer.replies.has_value());
    CHECK(answer.replies.error().text == "it takes no more requests");
    CHECK(answer.took < 5s);
}

TEST_CASE("without a descriptor for its connection a node is not reached, and with one it is") {
    RedisServer server;
    NodeSet nodes{{server.node()}, 2s};
    nodes.resolve();
    const auto asked = [&] { return *nodes.ask_all({"PING"}, {.enough = [](const Answers&) { return false; }})[0]; };
    rlimit found{};
    ::getrlimit(RLIMIT_NOFILE, &found);
    // From the first that is free.
    const Fd first_free{::dup(0)};
    const rlimit none_left{static_cast<rlim_t>(first_free.get()) + 1, found.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none_left);
    const Answer without = asked();
    ::setrlimit(RLIMIT_NOFILE, &found);
    REQUIRE_FALSE(without.replies.has_value());
    CHECK(without.replies.error().text == "too many open files");
    CHECK(asked().replies.has_value());
}

} // namespace holdfast::test::connection_test
