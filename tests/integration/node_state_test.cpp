// The simulator's nodes do what real ones do: the same operations, at random, on a server and on sim/node_state.
#include "sim/node_state.hpp"
#include "support/redis_server.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>
#include <set>
#include <thread>

namespace holdfast::test::node_state_test {

using namespace std::chrono_literals;

namespace {

constexpr std::array runs{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
                          "cccccccccccccccccccccccccccccccc", "dddddddddddddddddddddddddddddddd"};

/// Exclusive holders alone, or beside groups.
using Kinds = std::vector<LockKind>;
const Kinds exclusive{{}};
const Kinds all_kinds{{},
                      {},
                      {LockKind::Way::shared},
                      {LockKind::Way::shared},
                      {LockKind::Way::slots, 2},
                      {LockKind::Way::slots, 2},
                      {LockKind::Way::slots, 3}};

class Comparison {
  public:
    Comparison(NodeSet& nodes, Mode mode, Kinds kinds, std::string name, unsigned seed)
        : nodes_{nodes}, mode_{mode}, kinds_{std::move(kinds)}, key_{std::move(name), "holdfast:"}, dice_{seed} {
        for (const std::string run : runs) nodes_.listen(key_.turn_channel(run));
        nodes_.listen(key_.shared_turn_channel());
        nodes_.listen(key_.revoked_channel());
    }

    /// As long as it is certain what the node has to say. Returns how many of its answers were compared.
    size_t run() {
        for (size_t done = 0; done < 80; ++done) {
            if (any(6) == 0) std::this_thread::sleep_for(25ms);
            if (any(20) == 0) delete_key();
            const milliseconds before = time();
            const Operation operation = draw(before);
            Mode mode = has_seat(operation) ? Mode::scripts : mode_;
            nodes_.take_messages();
            const NodeReply real = ask(exchange(key_, operation, mode));
            const milliseconds after = time();
            slack_ = std::max(slack_, after - before + 1ms);
            // What expires about now may or may not have.
            std::vector<sim::Published> published;
            sim::NodeState early = state_;
            sim::NodeState late = state_;
            const NodeReply first = early.apply(key_, operation, before - slack_, published);
            const NodeReply last = late.apply(key_, operation, after + slack_, published);
            if (!same(first, last) || !same(early.look(before - slack_), late.look(after + slack_))) return done;
            published.clear();
            const NodeReply simulated = state_.apply(key_, operation, before, published);
            fence_ = state_.look(before).fence;
            CAPTURE(operation.index());
            CAPTURE(has_seat(operation));
            CHECK(simulated.verdict == real.verdict);
            CHECK(same_value(simulated, real));
            check_ages(Success::parse(simulated.value, simulated.ttl_left), Success::parse(real.value, real.ttl_left));
            check_ages(simulated.success, real.success);
            CHECK(simulated.position == real.position);
            CHECK(simulated.fence == real.fence);
            CHECK(simulated.marked == real.marked);
            CHECK(abs(simulated.ttl_left - real.ttl_left) <= slack_);
            CHECK(records_of(simulated) == records_of(real));
            CHECK(published == messages());
            if (!same(simulated, real)) return done;
            for (const Member& member : simulated.members) CHECK(abs(member.left - left_of(real, member)) <= slack_);
        }
        return 80;
    }

  private:
    static bool same(const NodeReply& a, const NodeReply& b) {
        return a.verdict == b.verdict && same_value(a, b) && same_success(a.success, b.success) &&
               a.position == b.position && a.fence == b.fence && a.waiting == b.waiting && a.marked == b.marked &&
               records_of(a) == records_of(b);
    }
    /// A mark's text has a time in it.
    static bool same_value(const NodeReply& a, const NodeReply& b) {
        const auto first = Success::parse(a.value, a.ttl_left);
        const auto second = Success::parse(b.value, b.ttl_left);
        return first && second ? same_success(first, second) : a.value == b.value;
    }
    static bool same_success(const std::optional<Success>& a, const std::optional<Success>& b) {
        return a.has_value() == b.has_value() && (!a || a->record == b->record);
    }
    void check_ages(const std::optional<Success>& a, const std::optional<Success>& b) const {
        if (a && b) CHECK(abs(a->age - b->age) <= slack_);
        if (a && b) CHECK(abs(a->left - b->left) <= slack_);
    }
    static std::set<std::string> records_of(const NodeReply& reply) {
        std::set<std::string> records;
        for (const Member& member : reply.members) records.insert(member.record.value);
        return records;
    }
    static milliseconds left_of(const NodeReply& reply, const Member& member) {
        return std::ranges::find(reply.members, member.record, &Member::record)->left;
    }
    static bool has_seat(const Operation& operation) {
        return std::visit(
            [](const auto& one) {
                if constexpr (requires { one.seat; }) return one.seat.has_value();
                else return false;
            },
            operation);
    }

    std::vector<sim::Published> messages() {
        std::vector<sim::Published> told;
        for (Message& message : nodes_.take_messages())
            told.emplace_back(std::move(message.channel), std::move(message.text));
        return told;
    }

    /// By hand; what belongs to a group is left.
    void delete_key() {
        nodes_.ask_all({"DEL", key_.key()}, {.enough = [](const Answers&) { return false; }});
        state_.remove_key();
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
        Holder holder{"job", "me", "here", 1, 1ms, 30s};
        holder.kind = kinds_.at(any(kinds_.size()));
        const std::string run = runs.at(any(runs.size()));
        const Token token{run, static_cast<unsigned>(1 + any(3))};
        const std::string entry = Record::of_waiter(run, holder).value;
        std::optional<Seat> seat;
        if (holder.kind.way == LockKind::Way::shared) seat = {holder.kind, run};
        if (holder.kind.way == LockKind::Way::slots) {
            holder.slot = static_cast<unsigned>(1 + any(holder.kind.limit));
            seat = {holder.kind, fmt::format("{}", holder.slot)};
        }
        const Record record = Record::make(token, holder);
        const bool void_too = any(8) == 0;
        const auto about = [&] { return now + milliseconds{any(1000)} - 500ms; };
        // Ages that are hours apart, so that it is certain which of two successes is the later.
        const Success success{record, any(3) * 1h, lasts()};
        const std::optional<Success> with_mark =
            any(4) == 0 && mode_ == Mode::scripts && !seat ? std::optional{success} : std::nullopt;
        const std::string seated = seat && any(2) == 0 ? entry : "";
        switch (any(12)) {
        case 0: return Raise{record, any(2) == 0 ? fence_ : Fence{about().count()}, seat};
        case 1: {
            Holder of_kept = holder;
            of_kept.ended = 1ms;
            const auto kept = any(3) == 0 ? std::optional{Record::make(token, of_kept)} : std::nullopt;
            return Extend{token, record, lasts(), seat, seated, with_mark, kept};
        }
        case 2: return Restore{token, record, lasts(), Fence{about().count()}, seat, seated};
        case 3: return Release{token, any(2) == 0 ? entry : "", void_too, seat, with_mark};
        case 4: return Withdraw{token, entry, void_too, seat};
        case 5:
            if (any(3) == 0) return Revoke{record, "because", seat};
            return Release{token, "", false, seat, with_mark};
        case 6: return Inspect{};
        case 7:
            if (any(2) == 0) return Forget{};
            return Release{token, "", false, seat, with_mark};
        default: break;
        }
        Acquire acquire{token, record, lasts(), Fence{about().count()}};
        acquire.seat = seat;
        if (any(3) != 0) acquire.waiting = Waiting{entry, about() - 1s, 1s, lasts()};
        if (mode_ == Mode::scripts && !seat && any(3) == 0) acquire.once_in = any(2) * 1h + 30min;
        return acquire;
    }

    NodeSet& nodes_;
    Mode mode_;
    Kinds kinds_;
    LockKey key_;
    std::mt19937 dice_;
    sim::NodeState state_;
    Fence fence_; ///< that the node has
    milliseconds slack_{1};
};

unsigned long setting(const char* name, unsigned long otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::stoul(text);
}

/// scripts/prove asks for more comparisons, and for other seeds.
void compare(Mode mode, const Kinds& kinds) {
    const RedisServer server;
    const unsigned long wanted = setting("HOLDFAST_COMPARISONS", 1000);
    const auto from = static_cast<unsigned>(setting("HOLDFAST_SEED", 0));
    size_t compared = 0;
    // What the clock leaves open is not compared: on a busy machine more seeds are needed.
    for (unsigned seed = from; compared < wanted; ++seed) {
        CAPTURE(seed);
        REQUIRE(seed - from < wanted);
        NodeSet nodes{{server.node()}, 5s};
        nodes.resolve();
        compared += Comparison{nodes, mode, kinds, fmt::format("x{}", seed), seed}.run();
    }
}

} // namespace

TEST_CASE("a simulated node answers as a real one, by script") { compare(Mode::scripts, exclusive); }

TEST_CASE("a simulated node answers as a real one, by transaction") { compare(Mode::transactions, exclusive); }

TEST_CASE("a simulated node answers as a real one with groups of holders") { compare(Mode::scripts, all_kinds); }

TEST_CASE("a simulated node answers as a real one by transaction beside groups of holders") {
    compare(Mode::transactions, all_kinds);
}

} // namespace holdfast::test::node_state_test
