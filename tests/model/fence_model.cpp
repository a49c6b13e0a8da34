#include "model/fence_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <string_view>
#include <type_traits>
#include <unordered_set>

namespace holdfast::model {
namespace {

constexpr size_t attempt_count = 2;
constexpr uint8_t nobody = attempt_count;

// What follows, down to State, consists of bytes: states are compared and hashed as such.

struct Answer {
    Number number = 0; ///< that the node has now
    bool refused = false;
};

template <class T>
struct Queue {
    std::array<T, raises> items{};
    uint8_t size = 0;

    void push(T item) { items[size++] = item; }
    T pop() {
        const T first = items[0];
        std::shift_left(items.begin(), items.end(), 1);
        items[--size] = {};
        return first;
    }
};

/// One attempt's connection to one node.
struct Connection {
    Number granted = 0;       ///< by the node; none: the acquire is still on its way, or lost
    Number agreed = 0;        ///< the last number that the client knows to have been accepted
    Queue<Number> requests{}; ///< raise
    Queue<Answer> answers{};
};

struct Node {
    Number fence = 0;
    uint8_t holder = nobody;
    std::array<Connection, attempt_count> to{}; ///< by attempt
    uint8_t id = 0;                             ///< for people: nodes are interchangeable

    std::string_view facts() const { return {reinterpret_cast<const char*>(this), offsetof(Node, id)}; }
};

struct Attempt {
    Number wanted = 0; ///< T
    Number seen = 0;   ///< the highest in any answer
    uint8_t rounds = 0;
    bool won = false;

    bool operator==(const Attempt&) const = default;
};

struct State {
    std::array<Node, node_count> nodes{};
    std::array<Attempt, attempt_count> attempts{};

    bool operator==(const State& other) const {
        return attempts == other.attempts && std::ranges::equal(nodes, other.nodes, {}, &Node::facts, &Node::facts);
    }
};

static_assert(std::has_unique_object_representations_v<State>);

enum class Event : uint8_t { forgets, grants, takes_over, others_raise, raises, refuses, restores, hears, wants };

struct Step {
    State state{};
    uint32_t before = 0;
    Event event{};
    uint8_t attempt = 0;
    uint8_t node = 0;
    Number number = 0;
};

std::string text(const Step& step) {
    const char who = static_cast<char>('A' + step.attempt);
    const std::string won = step.state.attempts[step.attempt].won ? " and has won" : "";
    switch (step.event) {
    case Event::forgets: return fmt::format("n{}: forgets everything", step.node);
    case Event::grants: return fmt::format("n{}: granted({}) to {}", step.node, step.number, who);
    case Event::takes_over:
        return fmt::format("n{}: the other's key expires; granted({}) to {}", step.node, step.number, who);
    case Event::others_raise: return fmt::format("n{}: another that shares it raises to {}", step.node, step.number);
    case Event::raises: return fmt::format("n{}: raised({}) for {}", step.node, step.number, who);
    case Event::refuses: return fmt::format("n{}: refused({}) to {}", step.node, step.number, who);
    case Event::restores: return fmt::format("n{}: whatever was there expires; restored for {}", step.node, who);
    case Event::hears: return fmt::format("{}: hears {} from n{}{}", who, step.number, step.node, won);
    case Event::wants: return fmt::format("{}: wants {}{}", who, step.number, won);
    }
    return {};
}

bool heard(const Node& node, size_t attempt) { return node.to[attempt].agreed != 0; }
bool in_quorum(const State& state, const Node& node, size_t attempt) {
    return node.to[attempt].agreed == state.attempts[attempt].wanted;
}
bool on_majority(const State& state, const auto& condition) {
    return std::ranges::count_if(state.nodes, condition) >= majority;
}
Number highest_grant_heard(const State& state, size_t attempt) {
    Number highest = 0;
    for (const Node& node : state.nodes)
        if (heard(node, attempt)) highest = std::max(highest, node.to[attempt].granted);
    return highest;
}

/// Whether the winner, who has won just now, breaks the claim.
bool breaks(Claim claim, const Demands& demands, const State& state, size_t winner) {
    const size_t earlier = 1 - winner;
    if (!state.attempts[earlier].won) return false;
    const Number ours = state.attempts[winner].wanted;
    const Number theirs = state.attempts[earlier].wanted;
    const auto out_of_order = [&](const Node& node) {
        const bool granted_later = node.to[winner].granted > node.to[earlier].granted;
        return in_quorum(state, node, winner) && in_quorum(state, node, earlier) && granted_later != (ours > theirs);
    };
    const auto still_held = [&](const Node& node) { return heard(node, winner) && node.holder == winner; };
    switch (claim) {
    case Claim::unique: return ours == theirs;
    case Claim::later_on_node: return std::ranges::any_of(state.nodes, out_of_order);
    case Claim::later_to_win: return ours < theirs && (!demands.lease_checked_at_end || on_majority(state, still_held));
    }
    return false;
}

class Search {
  public:
    Search(const Demands& demands, const std::vector<Claim>& claims, std::array<bool, attempt_count> shared)
        : demands_{demands}, claims_{claims}, shared_{shared}, mixed_{shared[0] || shared[1]} {
        Step start;
        for (uint8_t i = 0; i < node_count; ++i) start.state.nodes[i].id = i;
        arrive(start);
    }

    SearchResult run() {
        for (at_ = 0; at_ < steps_.size() && !broken_; ++at_) {
            const State state = steps_[at_].state;
            for (uint8_t i = 0; i < node_count; ++i) moves_of_node(state, i);
            for (uint8_t a = 0; a < attempt_count; ++a) want(state, a);
        }
        return {steps_.size(), broken_ ? history() : std::vector<std::string>{}};
    }

  private:
    struct Hash {
        const std::deque<Step>* steps;
        size_t operator()(uint32_t i) const {
            size_t hash = 0;
            const auto mix = [&](std::string_view bytes) { hash = hash * 31 + std::hash<std::string_view>{}(bytes); };
            for (const Node& node : (*steps)[i].state.nodes) mix(node.facts());
            const auto& attempts = (*steps)[i].state.attempts;
            mix({reinterpret_cast<const char*>(&attempts), sizeof attempts});
            return hash;
        }
    };
    struct Equal {
        const std::deque<Step>* steps;
        bool operator()(uint32_t a, uint32_t b) const { return (*steps)[a].state == (*steps)[b].state; }
    };

    /// The smallest number that a node grants to the attempt after `last`, and the step from there to others.
    Number next(Number last, size_t attempt) const {
        if (!mixed_) return after(last, 1);
        if (!shared_[attempt]) return after(last, 2 - last % 2);
        return demands_.shared_are_odd || last == 0 ? last | 1 : last;
    }
    static Number after(Number number, int by) { return static_cast<Number>(number + by); }
    int step() const { return mixed_ ? 2 : 1; }
    int highest() const { return highest_proposal * step(); }

    void arrive(Step step) {
        if (step.state.attempts[0].won && step.state.attempts[1].won) return; // nothing is left to break
        forget_what_is_of_no_use(step.state);
        std::ranges::sort(step.state.nodes, {}, &Node::facts);
        step.before = static_cast<uint32_t>(at_);
        steps_.push_back(step);
        if (!known_.insert(static_cast<uint32_t>(steps_.size() - 1)).second) steps_.pop_back();
    }

    void forget_what_is_of_no_use(State& state) const {
        for (uint8_t a = 0; a < attempt_count; ++a) {
            for (Node& node : state.nodes) {
                Connection& connection = node.to[a];
                if (state.attempts[a].won) connection.answers = {};
                // "not ours" is the answer to all that is under way, and a restored key comes behind it.
                if (demands_.raise_needs_own_key && node.holder != a) connection.requests = {};
            }
        }
    }

    void moves_of_node(const State& state, uint8_t i) {
        const Node& node = state.nodes[i];
        if (!demands_.fence_survives && node.fence) {
            Step next{state, 0, Event::forgets, 0, node.id};
            next.state.nodes[i].holder = nobody;
            next.state.nodes[i].fence = 0;
            arrive(next);
        }
        for (uint8_t a = 0; a < attempt_count; ++a) {
            acquire(state, i, a);
            others_raise(state, i, a);
            raise(state, i, a);
            restore(state, i, a);
            hear(state, i, a);
        }
    }

    void acquire(const State& state, uint8_t i, uint8_t a) {
        const Node& node = state.nodes[i];
        if (node.to[a].granted) return;
        if (a != 0 && state == State{}) return; // whoever is granted first is A
        const Number lowest = next(node.fence, a);
        for (Number fence = lowest; fence <= std::max<int>(lowest, highest()); fence = after(fence, step())) {
            const Event event = node.holder == nobody ? Event::grants : Event::takes_over;
            Step next{state, 0, event, a, node.id, fence};
            Node& changed = next.state.nodes[i];
            changed.holder = a;
            changed.fence = changed.to[a].granted = fence;
            changed.to[a].answers.push({fence});
            arrive(next);
        }
    }

    void others_raise(const State& state, uint8_t i, uint8_t a) {
        const Node& node = state.nodes[i];
        if (!shared_[a] || node.holder != a) return;
        for (Number fence = next(node.fence, a); fence <= highest(); fence = after(fence, step())) {
            if (fence == node.fence) continue;
            Step next{state, 0, Event::others_raise, a, node.id, fence};
            next.state.nodes[i].fence = fence;
            arrive(next);
        }
    }

    void raise(const State& state, uint8_t i, uint8_t a) {
        const Node& node = state.nodes[i];
        if (!node.to[a].requests.size || (demands_.raise_needs_own_key && node.holder != a)) return;
        const Number wanted = node.to[a].requests.items[0];
        const bool refused = shared_[a] ? node.fence > wanted : node.fence >= wanted;
        const Number fence = std::max(node.fence, wanted);
        Step next{state, 0, refused ? Event::refuses : Event::raises, a, node.id, fence};
        Node& changed = next.state.nodes[i];
        changed.fence = fence;
        changed.to[a].requests.pop();
        changed.to[a].answers.push({fence, refused});
        arrive(next);
    }

    void restore(const State& state, uint8_t i, uint8_t a) {
        if (!state.attempts[a].won || state.nodes[i].holder == a) return;
        Step next{state, 0, Event::restores, a, state.nodes[i].id};
        next.state.nodes[i].holder = a;
        next.state.nodes[i].fence = std::max(state.nodes[i].fence, state.attempts[a].wanted);
        arrive(next);
    }

    void hear(const State& state, uint8_t i, uint8_t a) {
        if (!state.nodes[i].to[a].answers.size) return;
        Step next{state, 0, Event::hears, a, state.nodes[i].id};
        Connection& connection = next.state.nodes[i].to[a];
        const Answer answer = connection.answers.pop();
        next.number = answer.number;
        if (!answer.refused) connection.agreed = answer.number;
        next.state.attempts[a].seen = std::max(next.state.attempts[a].seen, answer.number);
        judge(next);
        arrive(next);
    }

    void want(const State& state, uint8_t a) {
        const Attempt& now = state.attempts[a];
        if (now.won || now.rounds == raises) return;
        if (!on_majority(state, [&](const Node& node) { return heard(node, a); })) return;
        Step next{state, 0, Event::wants, a};
        Attempt& attempt = next.state.attempts[a];
        attempt.wanted = next.number = now.wanted ? this->next(now.seen, a) : now.seen;
        judge(next);
        if (!attempt.won) {
            ++attempt.rounds;
            for (Node& node : next.state.nodes)
                if (heard(node, a) && !in_quorum(next.state, node, a)) node.to[a].requests.push(attempt.wanted);
        }
        arrive(next);
    }

    /// Whether the attempt has won by what it has just learnt, and if that breaks a claim.
    void judge(Step& step) {
        State& state = step.state;
        Attempt& attempt = state.attempts[step.attempt];
        if (!attempt.wanted) return;
        if (!on_majority(state, [&](const Node& node) { return in_quorum(state, node, step.attempt); })) return;
        if (demands_.late_grants_count && attempt.wanted < highest_grant_heard(state, step.attempt)) return;
        attempt.won = true;
        for (const Claim claim : claims_)
            if (!broken_ && breaks(claim, demands_, state, step.attempt)) {
                broken_ = true;
                step.before = static_cast<uint32_t>(at_);
                last_ = step;
            }
    }

    std::vector<std::string> history() const {
        std::vector<std::string> out{text(last_)};
        for (uint32_t i = last_.before; i != 0; i = steps_[i].before) out.push_back(text(steps_[i]));
        std::ranges::reverse(out);
        return out;
    }

    Demands demands_;
    std::vector<Claim> claims_;
    std::array<bool, attempt_count> shared_;
    bool mixed_;
    std::deque<Step> steps_;
    std::unordered_set<uint32_t, Hash, Equal> known_{1024, Hash{&steps_}, Equal{&steps_}};
    size_t at_ = 0;
    bool broken_ = false;
    Step last_{};
};

} // namespace

SearchResult search(const Demands& demands, const std::vector<Claim>& claims, std::array<bool, attempt_count> shared) {
    return Search{demands, claims, shared}.run();
}

} // namespace holdfast::model
