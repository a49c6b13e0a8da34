// Histories of groups that chance seldom meets, on three nodes of sim/node_state.
#include "sim/node_state.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace holdfast::test::seats_test {

using namespace std::chrono_literals;

namespace {

const LockKey key{"x", "holdfast:"};
constexpr milliseconds ttl = 30s;
constexpr size_t majority = 2;

struct Client {
    std::string run;
    LockKind kind{};

    Record record(unsigned attempt, unsigned slot) const {
        Holder holder{"job", "me", "here", 1, 1ms, ttl};
        holder.kind = kind;
        holder.slot = slot;
        return Record::make({run, attempt}, holder);
    }
    std::optional<Seat> seat(unsigned slot) const {
        if (kind.way == LockKind::Way::exclusive) return {};
        return Seat{kind, kind.way == LockKind::Way::shared ? run : fmt::format("{}", slot)};
    }
    Acquire acquire(unsigned attempt, unsigned slot = 0) const {
        return {{run, attempt}, record(attempt, slot), ttl, {}, {}, seat(slot)};
    }
    Extend extend(unsigned attempt, unsigned slot = 0) const {
        return {{run, attempt}, record(attempt, slot), ttl, seat(slot), ""};
    }
    Release release(unsigned attempt, unsigned slot = 0) const { return {{run, attempt}, "", false, seat(slot)}; }
};

struct Node {
    sim::NodeState state{};

    Verdict ask(const Operation& operation, milliseconds at = 1h) {
        std::vector<sim::Published> published;
        return state.apply(key, operation, at, published).verdict;
    }
    std::set<std::string> holders(milliseconds at = 1h) const {
        std::set<std::string> records;
        for (const auto& holder : state.holders(at)) records.insert(holder.text);
        return records;
    }
};

constexpr LockKind two_slots{LockKind::Way::slots, 2};
const Client a{std::string(32, 'a'), two_slots};
const Client b{std::string(32, 'b'), two_slots};
const Client c{std::string(32, 'c'), two_slots};

/// Three clients, each of which reaches a pair of the nodes, another one each, and asks for one slot and then for the
/// other: every order in which requests arrive, early, late or never.
class Walk {
  public:
    explicit Walk(std::array<unsigned, 3> first_slots) : first_slots_{first_slots} { go({}); }

    size_t states() const { return known_.size(); }
    size_t most_winners = 0;
    bool two_in_one_slot = false;

  private:
    struct Asked {
        std::array<bool, 2> arrived{}; ///< the request of each attempt
        std::array<bool, 2> granted{};
        bool released = false; ///< the first attempt
    };
    struct State {
        std::array<Node, 3> nodes{};
        std::array<std::array<Asked, 2>, 3> asked{}; ///< by client and node of its pair
    };

    static size_t node_of(size_t client, size_t which) { return (client + which) % 3; }
    unsigned slot(size_t client, size_t attempt) const {
        return attempt == 0 ? first_slots_.at(client) : 3 - first_slots_.at(client);
    }

    static bool won(const State& state, size_t client, size_t attempt) {
        return std::ranges::all_of(state.asked.at(client), [&](const Asked& asked) { return asked.granted[attempt]; });
    }
    /// A client goes on to its second attempt when a node has refused the first.
    static bool gone_on(const State& state, size_t client) {
        return std::ranges::any_of(state.asked.at(client),
                                   [](const Asked& asked) { return asked.arrived[0] && !asked.granted[0]; });
    }

    std::string name(const State& state) const {
        std::string name;
        for (const auto& client : state.asked)
            for (const Asked& asked : client)
                for (const bool bit :
                     {asked.arrived[0], asked.arrived[1], asked.granted[0], asked.granted[1], asked.released})
                    name += bit ? '1' : '0';
        for (const Node& node : state.nodes)
            for (const std::string& record : node.holders()) name += record;
        return name;
    }

    void go(const State& state) {
        if (!known_.insert(name(state)).second) return;
        judge(state);
        for (size_t client = 0; client < 3; ++client)
            for (size_t which = 0; which < 2; ++which) {
                arrive(state, client, which, 0);
                if (!gone_on(state, client)) continue;
                release(state, client, which);
                // On its connection a request comes behind the release of the one before.
                if (state.asked.at(client).at(which).released) arrive(state, client, which, 1);
            }
    }

    void arrive(State state, size_t client, size_t which, size_t attempt) {
        Asked& asked = state.asked.at(client).at(which);
        if (asked.arrived.at(attempt)) return;
        asked.arrived.at(attempt) = true;
        const Acquire acquire = clients_.at(client)->acquire(static_cast<unsigned>(attempt) + 1, slot(client, attempt));
        asked.granted.at(attempt) = state.nodes.at(node_of(client, which)).ask(acquire) == Verdict::granted;
        go(state);
    }

    void release(State state, size_t client, size_t which) {
        Asked& asked = state.asked.at(client).at(which);
        if (asked.released) return;
        asked.released = true;
        state.nodes.at(node_of(client, which)).ask(clients_.at(client)->release(1, slot(client, 0)));
        go(state);
    }

    void judge(const State& state) {
        std::multiset<unsigned> winners;
        for (size_t client = 0; client < 3; ++client)
            for (size_t attempt = 0; attempt < 2; ++attempt)
                if (won(state, client, attempt)) winners.insert(slot(client, attempt));
        most_winners = std::max(most_winners, winners.size());
        two_in_one_slot = two_in_one_slot || winners.count(1) > 1 || winners.count(2) > 1;
    }

    std::array<unsigned, 3> first_slots_;
    std::array<const Client*, 3> clients_{&a, &b, &c};
    std::set<std::string> known_;
};

} // namespace

TEST_CASE("two slots never have three holders, whichever pair of three nodes each of three clients reaches") {
    size_t states = 0;
    size_t most = 0;
    for (unsigned first = 0; first < 8; ++first) {
        const Walk walk{{1 + first % 2, 1 + first / 2 % 2, 1 + first / 4}};
        CHECK(!walk.two_in_one_slot);
        states += walk.states();
        most = std::max(most, walk.most_winners);
    }
    CHECK(most == 2);
    CHECK(states > 10'000); // the walk has not lost most of its moves
}

TEST_CASE("a holder of a slot whose lease has ended on one node is no holder by the grant of another slot") {
    std::array<Node, 3> nodes;
    CHECK(nodes[0].ask(a.acquire(1, 1)) == Verdict::granted);
    CHECK(nodes[1].ask(a.acquire(1, 1)) == Verdict::granted);
    CHECK(nodes[2].ask(b.acquire(1, 1)) == Verdict::granted);
    // It has asked all nodes for one slot, so this request gives it none, however late it comes.
    CHECK(nodes[2].ask(a.acquire(1, 1)) == Verdict::held);
    const milliseconds later = 1h + ttl / 2;
    CHECK(nodes[1].ask(a.extend(1, 1), later) == Verdict::yours);
    CHECK(nodes[2].ask(b.extend(1, 1), later) == Verdict::yours);
    const milliseconds ended = 1h + ttl;
    CHECK(nodes[0].ask(b.acquire(1, 1), ended) == Verdict::granted);
    size_t yes = 0;
    for (Node& node : nodes) yes += node.ask(a.extend(1, 1), ended) == Verdict::yours ? 1U : 0U;
    CHECK(yes < majority);
}

TEST_CASE("a run has one seat on a node, of its last attempt, in whatever order its requests arrive") {
    for (const bool in_order : {true, false}) {
        Node node;
        CHECK(node.ask(a.acquire(in_order ? 1 : 2, in_order ? 1 : 2)) == Verdict::granted);
        CHECK(node.ask(a.acquire(in_order ? 2 : 1, in_order ? 2 : 1)) == (in_order ? Verdict::granted : Verdict::held));
        CHECK(node.holders() == std::set{a.record(2, 2).value});
    }
}

TEST_CASE("members of a group whose key was deleted are in none that comes after it") {
    const Client reader{std::string(32, 'a'), {LockKind::Way::shared}};
    const Client writer{std::string(32, 'b')};
    const Client other_reader{std::string(32, 'c'), {LockKind::Way::shared}};
    Node node;
    REQUIRE(node.ask(reader.acquire(1)) == Verdict::granted);
    node.state.remove_key();
    REQUIRE(node.ask(writer.acquire(1)) == Verdict::granted);
    CHECK(node.ask(reader.extend(1)) == Verdict::taken);
    REQUIRE(node.ask(writer.release(1)) == Verdict::released);
    REQUIRE(node.ask(other_reader.acquire(1)) == Verdict::granted);
    CHECK(node.ask(reader.extend(1)) == Verdict::missing);
    CHECK(node.holders() == std::set{other_reader.record(1, 0).value});
}

} // namespace holdfast::test::seats_test
