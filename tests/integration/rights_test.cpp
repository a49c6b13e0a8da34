// The ACL rule that doctor prints: with it everything works, and without any part of it something does not.
#include "doctor/judgement.hpp"
#include "doctor/rights.hpp"
#include "lock/listing.hpp"
#include "lock/operations/history.hpp"
#include "support/redis_server.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace holdfast::test::rights_test {

using namespace std::chrono_literals;

namespace {

const std::string rule = acl_rule("holdfast", "holdfast:", {});

std::string with_password(std::string text) { return text.replace(text.find("PASSWORD"), 8, "secret"); }

std::vector<std::string> commands_of(const std::string& text) {
    std::vector<std::string> commands;
    std::istringstream words{text.substr(text.find("-@all"))};
    for (std::string word; words >> word;)
        if (word.starts_with('+')) commands.push_back(word.substr(1));
    return commands;
}

/// A server whose ACL file is the printed line. It keeps what it is told, and says so.
struct Restricted {
    TempDir dir;
    std::string acl_file = dir.write("acl", with_password(rule) + "\n");
    RedisServer server{{"--aclfile", acl_file, "--appendonly", "yes", "--appendfsync", "always"}};

    Node node(const std::string& user) const {
        Node node = server.node();
        if (user.empty()) return node;
        node.user = user;
        node.password = Secret{"secret"};
        return node;
    }
};

Record record(const Token& token) { return Record::make(token, {"job", "me", "here", 1, 1ms, 30s}); }

std::string name(Verdict word) { return fmt::format("word {}", static_cast<int>(word)); }

/// All that holdfast ever does, done in turn on one server, and what came of it.
class Everything {
  public:
    explicit Everything(const Node& node) : nodes_{{node, node}, 2s} { nodes_.resolve(); }

    std::vector<std::string> run() {
        for (const Mode mode : {Mode::scripts, Mode::transactions}) use(mode);
        const auto& introduction = nodes_[0].introduction();
        note(introduction && introduction->started ? "says when it was started" : "does not say");
        return std::move(noted_);
    }

  private:
    void use(Mode mode) {
        const LockKey key{mode == Mode::scripts ? "x" : "y", "holdfast:"};
        const Token one{std::string(32, 'a'), 1};
        const Token other{std::string(32, 'b'), 1};
        const std::string entry = Record::of_waiter(other.run, {"job", "me", "here", 1, 1ms, 30s}).value;
        const Waiting waiting{entry, wall_time_since_epoch(), 0ms, 10s};
        nodes_.listen(key.turn_channel(other.run));
        ask(key, mode, Acquire{one, record(one), 30s, {}});
        ask(key, mode, Raise{record(one), Fence{wall_time_since_epoch().count() + 5000}});
        ask(key, mode, Extend{one, record(one), 30s});
        ask(key, mode, Acquire{other, record(other), 30s, {}, waiting});
        ask(key, mode, Inspect{});
        const Listing listing = list_locks(nodes_, "holdfast:", "*");
        note((listing.nodes[0].failure ? listing.nodes[0].failure->text : "listed") +
             std::to_string(listing.locks.size()));
        ask(key, mode, Release{one, "", true});
        const bool released = noted_.back() == name(Verdict::released);
        note(nodes_[0].listening() ? "listening" : "not listening");
        if (released) nodes_.wait(BootClock::now() + 1s, -1);
        note(nodes_.take_messages().empty() ? "not told" : "told");
        ask(key, mode, Acquire{other, record(other), 30s, {}, waiting});
        ask(key, mode, Restore{other, record(other), 30s, {}});
        // An entry that nobody refreshes, in the way of one that does not wait.
        const Token third{std::string(32, 'c'), 1};
        ask(key, mode, Acquire{third, record(third), 30s, {}, Waiting{"dd {}", wall_time_since_epoch(), 0ms, 0ms}});
        ask(key, mode, Acquire{third, record(third), 30s, {}});
        ask(key, mode, Revoke{record(other), "because"});
        ask(key, mode, Withdraw{other, entry, false});
        remember();
        if (mode == Mode::transactions) return;
        const LockKey group{"z", "holdfast:"};
        const Seat seat{{LockKind::Way::slots, 2}, "1"};
        ask(group, mode, Acquire{one, record(one), 30s, {}, {}, seat});
        ask(group, mode, Acquire{other, record(other), 30s, {}, {}, seat});
        ask(group, mode, Extend{one, record(one), 30s, seat});
        ask(group, mode, Release{one, "", false, seat});
    }

    void remember() {
        const LockKey key{"remembered", "holdfast:"};
        const Token token{std::string(32, 'a'), 1};
        nodes_.note(0, start_note(key, record(token), Fence{2}, 1ms, 10));
        nodes_.note(0, end_note(key, token.text(), {{How::ended, 0}, Fence{2}, 1ms}, 10, true));
        Request counted;
        counted.add(Stats::request(key.stats()));
        for (const Request& request : {Request{"XREVRANGE", key.log(), "+", "-", "COUNT", "9"}, counted}) {
            const Answers answers = answer_of({request});
            const auto& replies = answers[0]->replies;
            note(!replies ? replies.error().text
                          : std::to_string(std::ranges::count_if(replies->front().items, [](const Reply& item) {
                                return item.type != Reply::Type::nil && item.type != Reply::Type::error;
                            })));
        }
    }

    Answers answer_of(const Exchange& exchange) {
        return nodes_.ask([&](size_t i) { return i == 0 ? std::optional{exchange} : std::nullopt; },
                          {.enough = [](const Answers&) { return false; }});
    }

    void ask(const LockKey& key, Mode mode, const Operation& operation) {
        Mode asked = mode;
        const std::string answer = look(exchange(key, operation, asked));
        note(asked == mode ? answer : (asked == Mode::texts ? "by text " : "by transaction ") + answer);
    }

    std::string look(const Exchange& exchange) {
        const Answers answers = answer_of(exchange);
        const auto answer = node_reply(*answers[0]);
        return answer ? name(answer->verdict) : answer.error().text;
    }

    void note(const std::string& what) { noted_.push_back(what); }

    NodeSet nodes_;
    std::vector<std::string> noted_;
};

/// How long the longest of doctor's keys stays.
milliseconds longest_left(const RedisServer& server) {
    const std::string script = "local longest = 0 for _, key in ipairs(redis.call('KEYS', '*doctor*')) do "
                               "local left = redis.call('PTTL', key) "
                               "longest = math.max(longest, left == -1 and 1e9 or left) end return longest";
    return milliseconds{server.command({"EVAL", script, "0"}).integer};
}

Finding rights_of(const Node& node) {
    NodeSet nodes{{node}, 2s};
    nodes.resolve();
    const LockTerms terms{{30s, 5s, 2s}};
    for (const Finding& finding :
         judge(examine(nodes, {"doctor.test", "holdfast:"}, terms), "holdfast:", terms).findings)
        if (finding.check == "rights") return finding;
    return {};
}

} // namespace

TEST_CASE("with just the printed rights everything is as with all rights") {
    Restricted restricted;
    Everything{restricted.node("holdfast")}.run(); // so that the server knows the scripts
    restricted.server.command({"FLUSHALL"});
    const auto limited = Everything{restricted.node("holdfast")}.run();
    restricted.server.command({"FLUSHALL"});
    CHECK(limited == Everything{restricted.node("")}.run());
    CHECK(limited.front() == name(Verdict::granted));
    CHECK(std::ranges::count(limited, "told") == 2);
    CHECK(rights_of(restricted.node("holdfast")).text == "our user may do all that locks need");
}

TEST_CASE("without any one of the printed rights something is otherwise, and doctor names the right") {
    Restricted restricted;
    const auto unknown = Everything{restricted.node("holdfast")}.run();
    restricted.server.command({"FLUSHALL"});
    const auto all = Everything{restricted.node("holdfast")}.run();
    const auto commands = commands_of(rule);
    REQUIRE(commands.size() > 1);
    for (const std::string& command : commands) {
        CAPTURE(command);
        restricted.server.command({"FLUSHALL"});
        // Whoever may EVALSHA alone may all that the server knows.
        if (command == "eval") restricted.server.command({"SCRIPT", "FLUSH"});
        REQUIRE(restricted.server.text({"ACL", "SETUSER", "holdfast", "-" + command}) == "OK");
        // PING only brings another's message forward, and CONFIG is for doctor alone.
        const bool matters = command != "ping" && command != "config|get";
        CHECK((Everything{restricted.node("holdfast")}.run() != (command == "eval" ? unknown : all)) == matters);
        const Finding rights = rights_of(restricted.node("holdfast"));
        CHECK(rights.severity != Severity::ok);
        CHECK(rights.text.starts_with("our user lacks +" + command + " ("));
        CHECK(longest_left(restricted.server) <= (command == "del" ? 10s : 0s));
        REQUIRE(restricted.server.text({"ACL", "SETUSER", "holdfast", "+" + command}) == "OK");
        if (command != "eval") continue;
        restricted.server.command({"FLUSHALL"});
        CHECK(Everything{restricted.node("holdfast")}.run() == unknown);
    }
}

TEST_CASE("with narrower keys or channels than printed something is otherwise, and doctor says so") {
    Restricted restricted;
    for (const std::string& part : {std::string{"~holdfast:*"}, std::string{"&holdfast:*"}}) {
        CAPTURE(part);
        std::string narrower = with_password(rule);
        narrower.erase(narrower.find(part), part.size() + 1);
        restricted.dir.write("acl", narrower + "\n");
        REQUIRE(restricted.server.text({"ACL", "LOAD"}) == "OK");
        CHECK(rights_of(restricted.node("holdfast")).severity ==
              (part.front() == '~' ? Severity::fail : Severity::warn));
    }
}

} // namespace holdfast::test::rights_test
