// The simulator's nodes do what real ones do: the same operations, at random, on a server and on sim/node_state.
#include "sim/node_state.hpp"
#include "support/redis_server.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <random>
#include <thread>

namespace holdfast::test::node_state_test {

using namespace std::chrono_literals;

namespace {

constexpr std::array runs{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
                          "cccccccccccccccccccccccccccccccc"};

class Comparison {
  public:
    Comparison(NodeSet& nodes, Mode mode, std::string name, unsigned seed)
        : nodes_{nodes}, mode_{mode}, key_{std::move(name), "holdfast:"}, dice_{seed} {}

    /// As long as it is certain what the node has to say. Returns how many of its answers were compared.
    size_t run() {
        for (size_t done = 0; done < 80; ++done) {
            if (any(6) == 0) std::this_thread::sleep_for(25ms);
            const milliseconds before = time();
            const Operation operation = draw(before);
            const NodeReply real = ask(exchange(key_, operation, mode_));
            const milliseconds after = time();
            slack_ = std::max(slack_, after - before + 1ms);
            // What expires about now may or may not have.
            std::vector<sim::Published> published;
            sim::NodeState early = state_;
            sim::NodeState late = state_;
            const NodeReply first = early.apply(key_, operation, before - slack_, published);
            const NodeReply last = late.apply(key_, operation, after + slack_, published);
            if (!same(first, last) || !same(early.look(before - slack_), late.look(after + slack_))) return done;
            const NodeReply simulated = state_.apply(key_, operation, before, published);
            CAPTURE(operation.index());
            CHECK(simulated.verdict == real.verdict);
            CHECK(simulated.value == real.value);
            CHECK(simulated.position == real.position);
            CHECK(simulated.fence == real.fence);
            CHECK(abs(simulated.ttl_left - real.ttl_left) <= slack_);
            if (!same(simulated, real)) return done;
        }
        return 80;
    }

  private:
    static bool same(const NodeReply& a, const NodeReply& b) {
        return a.verdict == b.verdict && a.value == b.value && a.position == b.position && a.fence == b.fence &&
               a.waiting == b.waiting;
    }

    size_t any(size_t count) { return std::uniform_int_distribution<size_t>{0, count - 1}(dice_); }

    NodeReply ask(const Exchange& exchange) {
        const Answers answers =
            nodes_.ask([&](size_t) { return exchange; }, {.enough = [](const Answers&) { return false; }});
        const auto reply = holdfast::node_reply(*answers[0]);
        REQUIRE_MESSAGE(reply.has_value(), (reply ? "" : reply.error().text));
        return *reply;
    }

    milliseconds time() {
        const Answers answers = nodes_.ask_all({"TIME"}, {.enough = [](const Answers&) { return false; }});
        const auto& replies = answers[0]->replies;
        REQUIRE_MESSAGE(replies.has_value(), (replies ? "" : replies.error().text));
        return time_of(replies->front());
    }

    /// Short enough to end within the comparison, or not.
    milliseconds lasts() { return any(2) == 0 ? 20ms : 60s; }

    Operation draw(milliseconds now) {
        const Holder holder{"job", "me", "here", 1, 1ms, 30s};
        const std::string run = runs.at(any(runs.size()));
        const Token token{run, static_cast<unsigned>(1 + any(3))};
        const Record record = Record::make(token, holder);
        const std::string entry = Record::of_waiter(run, holder).value;
        const bool void_too = any(8) == 0;
        const auto about = [&] { return now + milliseconds{any(1000)} - 500ms; };
        switch (any(10)) {
        case 0: return Raise{record, Fence{about().count()}};
        case 1: return Extend{token, record, lasts()};
        case 2: return Restore{token, record, lasts(), Fence{about().count()}};
        case 3: return Release{token, any(2) == 0 ? entry : "", void_too};
        case 4: return Withdraw{token, entry, void_too};
        case 5:
            if (any(3) == 0) return Revoke{record, "because"};
            return Release{token, "", false};
        default: break;
        }
        Acquire acquire{token, record, lasts(), Fence{about().count()}};
        if (any(3) != 0) acquire.waiting = Waiting{entry, about() - 1s, 1s, lasts()};
        return acquire;
    }

    NodeSet& nodes_;
    Mode mode_;
    LockKey key_;
    std::mt19937 dice_;
    sim::NodeState state_;
    milliseconds slack_{1};
};

void compare(Mode mode) {
    const RedisServer server;
    NodeSet nodes{{server.node()}, 5s};
    nodes.resolve();
    size_t compared = 0;
    // What the clock leaves open is not compared: on a busy machine more seeds are needed.
    for (unsigned seed = 0; compared < 1000; ++seed) {
        CAPTURE(seed);
        REQUIRE(seed < 1000);
        compared += Comparison{nodes, mode, fmt::format("x{}", seed), seed}.run();
    }
}

} // namespace

TEST_CASE("a simulated node answers as a real one, by script") { compare(Mode::scripts); }

TEST_CASE("a simulated node answers as a real one, by transaction") { compare(Mode::transactions); }

} // namespace holdfast::test::node_state_test
