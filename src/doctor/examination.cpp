#include "doctor/examination.hpp"

#include "base/escape.hpp"
#include "base/random.hpp"
#include "doctor/rights.hpp"
#include "doctor/standing.hpp"
#include "lock/restart_guard.hpp"
#include "redis/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <span>

namespace holdfast {
namespace {

constexpr int samples = 4;
constexpr milliseconds probe_lasts{10'000};
/// How many steps of SCAN the search for leftovers takes at most: a shared server may have millions of keys.
constexpr size_t most_scans = 100;
constexpr size_t most_names = 3;
/// How many names are tried to find one whose slot a node of a cluster has: with 100 nodes, one search in 20,000 finds
/// none. A round is far smaller than what a socket takes at once.
constexpr int names_a_round = 250;
constexpr int rounds_of_names = 4;

std::optional<std::chrono::microseconds> exact_time_of(const Reply& reply) {
    if (reply.items.size() != 2) return {};
    int64_t parts[2]{};
    for (size_t i = 0; i < 2; ++i) {
        const std::string& text = reply.items[i].text;
        if (std::from_chars(text.data(), text.data() + text.size(), parts[i]).ec != std::errc{}) return {};
    }
    // A larger number, which no clock shows, would overflow below.
    constexpr int64_t largest = int64_t{1} << 33;
    if (parts[0] < 0 || parts[0] > largest || parts[1] < 0 || parts[1] > largest) return {};
    return seconds{parts[0]} + std::chrono::microseconds{parts[1]};
}

/// How far the node's clock is ahead of this host's at the middle of the round trip; nothing if the answer tells no
/// time.
std::optional<Clock> clock_of(const Answer& answer) {
    const auto time = exact_time_of(answer.replies->front());
    if (!time) return {};
    const nanoseconds here = wall_time_since_epoch() - (BootClock::now() - *answer.sent_at) + answer.took / 2;
    const nanoseconds resolution = milliseconds{1};
    return Clock{*time - here, answer.took / 2 + resolution};
}

/// Why a node has not done what it was asked to do, if the node failed or refused.
std::optional<Refusal> refusal_in(const Answer& answer) {
    if (!answer.replies) return Refusal{answer.replies.error().text};
    const auto error = std::ranges::find(*answer.replies, Reply::Type::error, &Reply::type);
    return error == answer.replies->end() ? std::nullopt : std::optional{meaning(*error)};
}

/// Asks all Sentinels of the node's URI at once, and waits as long as one of them may take to connect and to answer.
/// Nothing if no Sentinel answers that knows the master.
std::optional<SentinelFacts> ask_sentinels(const Node& node, milliseconds node_timeout) {
    NodeSet sentinels{guides(node), node_timeout};
    sentinels.resolve();
    SentinelFacts facts;
    for (const auto& answer : sentinels.ask_all({"SENTINEL", "MASTER", node.sentinel.master}, {})) {
        if (!answer || !answer->replies || answer->replies->front().type != Reply::Type::list) continue;
        const Reply& master = answer->replies->front();
        ++facts.answered;
        // The Sentinels may be configured differently; what takes longest counts.
        facts.known = std::max(facts.known, static_cast<size_t>(master.count("num-other-sentinels")) + 1);
        facts.quorum = std::max(facts.quorum, static_cast<size_t>(master.count("quorum")));
        facts.down_after = std::max(facts.down_after, milliseconds{master.count("down-after-milliseconds")});
    }
    return facts.answered == 0 ? std::nullopt : std::optional{facts};
}

/// Searches one node for keys without an expiry, a batch at a time.
class LeftoverSearch {
  public:
    explicit LeftoverSearch(const std::string& prefix) : walk_{glob_escaped(prefix) + "*", "1000"} {}

    const Leftovers& found() const { return found_; }

    std::optional<Exchange> next() {
        const bool more = !walk_.over() && walk_.steps() < most_scans;
        if (found_.failed || (keys_.empty() && !more)) return {};
        Request request;
        for (const std::string& key : keys_) request.add({"PTTL", key});
        if (more) walk_.add_to(request);
        return Exchange{std::move(request)};
    }

    void take(const Answer& answer) {
        found_.failed = refusal_in(answer);
        if (found_.failed) return;
        const std::vector<Reply>& replies = *answer.replies;
        for (size_t i = 0; i < keys_.size(); ++i)
            if (replies[i].integer == -1) add(keys_[i]);
        const bool scanned = replies.size() > keys_.size();
        keys_.clear();
        if (!scanned) return;
        keys_ = walk_.take(replies.back());
        found_.complete = walk_.complete();
        if (walk_.broken()) found_.failed = Refusal{"its answer makes no sense here"};
    }

  private:
    void add(const std::string& key) {
        if (found_.first.size() < most_names) found_.first.push_back(key);
        ++found_.count;
    }

    ScanWalk walk_;
    std::vector<std::string> keys_; ///< the keys whose expiry is asked for next
    Leftovers found_;
};

class Examination {
  public:
    Examination(NodeSet& nodes, const LockKey& probe, const LockTerms& terms)
        : nodes_{nodes}, probe_{probe}, terms_{terms}, facts_(nodes.size()), given_up_(nodes.size()),
          modes_(nodes.size(), terms.mode) {
        for (size_t i = 0; i < nodes.size(); ++i) {
            const Node& node = nodes.node(i);
            facts_[i].node = node.display();
            facts_[i].locator = node.locator;
            facts_[i].replicas = node.replicas.value_or(0);
            facts_[i].remembers = node.remembers;
            facts_[i].durable = node.durable;
            locks_.push_back(node.locator == Node::Locator::cluster ? probe : numbered(probe, i, 0));
        }
    }

    std::vector<Facts> run() {
        contact();
        deadline_ = BootClock::now() + 2 * nodes_.node_timeout() + seconds{1};
        look_at_clusters();
        for (int i = 0; i < samples; ++i) measure();
        try_locks();
        search_leftovers();
        try_rights();
        return std::move(facts_);
    }

  private:
    /// One round with the nodes that have answered so far. A node that fails or does not answer in time is asked no
    /// more.
    Answers ask(const NodeSet::ExchangeFor& exchange_for) {
        std::vector<bool> asked(nodes_.size());
        Answers answers = nodes_.ask(
            [&](size_t i) -> std::optional<Exchange> {
                if (given_up_[i]) return {};
                auto exchange = exchange_for(i);
                asked[i] = exchange.has_value();
                return exchange;
            },
            {.deadline = deadline_});
        for (size_t i = 0; i < nodes_.size(); ++i)
            if (asked[i] && (!answers[i] || !answers[i]->replies)) given_up_[i] = true;
        return answers;
    }

    Answers ask_all(const Request& request) {
        return ask([&](size_t) { return Exchange{request}; });
    }

    void contact() {
        Request request{"INFO"};
        // A server before Redis 7 takes only one pattern in a CONFIG GET.
        for (const char* pattern : {"*append*", "min-replicas-*", "active-replica", "cluster-node-timeout"})
            request.add({"CONFIG", "GET", pattern});
        Answers answers = ask_all(request);
        for (size_t i = 0; i < nodes_.size(); ++i) {
            const bool in_vain = answers[i] && !answers[i]->in_vain.empty();
            if (in_vain) facts_[i].info = std::move(answers[i]->in_vain.front());
            if (!note_failure(i, answers[i])) continue;
            facts_[i].info = std::move(answers[i]->replies->front());
            facts_[i].config = in_one(std::span{*answers[i]->replies}.subspan(1));
            if (facts_[i].locator == Node::Locator::sentinel)
                facts_[i].sentinel = ask_sentinels(nodes_.node(i), nodes_.node_timeout());
            if (auto why = too_young(nodes_, i, terms_.restart_guard, terms_.timing.drift_ratio))
                facts_[i].no_vote = std::move(why->text);
        }
    }

    /// The replies to several CONFIG GET as one, or the first refusal.
    static Reply in_one(std::span<Reply> replies) {
        Reply all{Reply::Type::list, {}, 0, {}};
        for (Reply& reply : replies) {
            if (reply.type == Reply::Type::error) return std::move(reply);
            std::ranges::move(reply.items, std::back_inserter(all.items));
        }
        return all;
    }

    bool in_cluster(size_t i) const { return !facts_[i].failure && is_in_cluster(facts_[i].info.text); }

    /// Asks each server of a cluster for CLUSTER NODES. A lock's name falls to one node of a cluster, by chance: where
    /// the node is named by its address, searches a name that falls to that node, so that doctor says the same each
    /// time.
    void look_at_clusters() {
        Answers answers = ask([&](size_t i) -> std::optional<Exchange> {
            if (!in_cluster(i)) return {};
            return Exchange{{"CLUSTER", "NODES"}};
        });
        for (size_t i = 0; i < nodes_.size(); ++i)
            if (answers[i] && answers[i]->replies) facts_[i].cluster = std::move(answers[i]->replies->front());
        std::vector<bool> found(nodes_.size());
        for (int round = 0; round < rounds_of_names; ++round) search_names(round, found);
    }

    void search_names(int round, std::vector<bool>& found) {
        const auto name = [&](size_t i, int k) { return numbered(probe_, i, round * names_a_round + k); };
        const Answers answers = ask([&](size_t i) -> std::optional<Exchange> {
            if (found[i] || !in_cluster(i) || facts_[i].locator == Node::Locator::cluster) return {};
            Request request;
            for (int k = 0; k < names_a_round; ++k) request.add({"EXISTS", name(i, k).key()});
            return Exchange{std::move(request)};
        });
        for (size_t i = 0; i < nodes_.size(); ++i) {
            if (!answers[i] || !answers[i]->replies) continue;
            const auto own = std::ranges::find(*answers[i]->replies, Reply::Type::integer, &Reply::type);
            found[i] = own != answers[i]->replies->end();
            if (found[i]) locks_[i] = name(i, static_cast<int>(own - answers[i]->replies->begin()));
        }
    }

    /// Each node gets a lock of its own, so that trials do not meet if two of the nodes are one server.
    static LockKey numbered(const LockKey& probe, size_t node, int number) {
        return {fmt::format("{}.{}.{}", probe.name, node, number), probe.prefix};
    }

    void measure() {
        const Answers answers = ask_all({"TIME"});
        for (size_t i = 0; i < nodes_.size(); ++i) {
            if (facts_[i].failure || !note_failure(i, answers[i])) continue;
            facts_[i].latencies.push_back(answers[i]->took);
            facts_[i].no_clock = refusal_in(*answers[i]);
            const auto clock = clock_of(*answers[i]);
            if (clock && (!facts_[i].clock || clock->within < facts_[i].clock->within)) facts_[i].clock = clock;
        }
    }

    /// Whether the node has answered; if not, notes the failure and asks the node no more.
    bool note_failure(size_t i, const std::optional<Answer>& answer) {
        if (!answer) facts_[i].failure = {NodeFailure::Kind::timeout, "it answers too slowly"};
        else if (!answer->replies) facts_[i].failure = answer->replies.error();
        // A busy server refuses every request, so the refusal counts as a failure and does not tell our rights.
        else if (const auto why = refusal_in(*answer); why && why->helps == Refusal::Helps::time)
            facts_[i].failure = as_failure(*why);
        if (facts_[i].failure) given_up_[i] = true;
        return !facts_[i].failure;
    }

    void try_locks() {
        std::vector<bool> all(nodes_.size(), true);
        try_lock(all, &Facts::as_run);
        std::vector<bool> by_script(nodes_.size());
        for (size_t i = 0; i < nodes_.size(); ++i) {
            facts_[i].by_transaction = modes_[i] == Mode::transactions;
            by_script[i] = !facts_[i].by_transaction;
            modes_[i] = Mode::transactions;
        }
        try_lock(by_script, &Facts::transaction);
    }

    /// Takes, extends and releases a lock on each node in `wanted`; `trial` of the node's Facts tells how that went.
    void try_lock(std::vector<bool> wanted, Trial Facts::*trial) {
        const Token token{random_id(), 1};
        const Record record = Record::make(token, this_process("doctor", probe_lasts));
        struct Step {
            Operation operation;
            Verdict wanted;
            std::string_view name;
        };
        const Step steps[]{
            {Acquire{token, record, probe_lasts, Fence{wall_time_since_epoch().count()}}, Verdict::granted, "taken"},
            {Extend{token, record, probe_lasts}, Verdict::yours, "extended"},
            {Release{token, "", false}, Verdict::released, "released"},
        };
        for (const Step& step : steps) {
            const Answers answers = ask([&](size_t i) -> std::optional<Exchange> {
                if (!wanted[i]) return {};
                return exchange(locks_[i], step.operation, modes_[i]);
            });
            for (size_t i = 0; i < nodes_.size(); ++i) {
                if (!wanted[i]) continue;
                facts_[i].*trial = outcome(answers[i], step.wanted, step.name);
                wanted[i] = (facts_[i].*trial).outcome == Trial::Outcome::worked;
            }
        }
    }

    static Trial outcome(const std::optional<Answer>& answer, Verdict wanted, std::string_view step) {
        if (!answer) return {};
        const auto word = node_reply(*answer);
        if (word && word->verdict == wanted) return {Trial::Outcome::worked};
        Trial trial{Trial::Outcome::failed, refusal_in(*answer).value_or(Refusal{
                                                word ? "it gives another answer than it should" : word.error().text})};
        trial.why.text = fmt::format("a lock cannot be {}: {}{}", step, answer->before, trial.why.text);
        return trial;
    }

    void search_leftovers() {
        // Without a prefix, all keys of the server would match, and most are not of holdfast.
        if (probe_.prefix.empty()) return;
        const BootTime now = BootClock::now();
        const BootTime until = now + (deadline_ - now) / 2;
        std::vector<LeftoverSearch> searches(nodes_.size(), LeftoverSearch{probe_.prefix});
        for (bool found = true; found && BootClock::now() < until;) {
            const Answers answers = ask([&](size_t i) { return searches[i].next(); });
            found = false;
            for (size_t i = 0; i < nodes_.size(); ++i) {
                if (!answers[i]) continue;
                searches[i].take(*answers[i]);
                facts_[i].leftovers = searches[i].found();
                found = true;
            }
        }
    }

    void try_rights() {
        nodes_.listen(probe_.revoked_channel());
        Answers answers = ask([&](size_t i) {
            return Exchange{rights_probe(locks_[i], {terms_.mode, facts_[i].replicas > 0})};
        });
        for (size_t i = 0; i < nodes_.size(); ++i) {
            if (!answers[i] || !answers[i]->replies) continue;
            facts_[i].rights = std::move(*answers[i]->replies);
            facts_[i].told = nodes_[i].listening();
        }
    }

    NodeSet& nodes_;
    LockKey probe_;
    LockTerms terms_;
    BootTime deadline_ = BootTime::max(); ///< of all rounds but the first, which ends by each connection's time limits
    std::vector<Facts> facts_;
    std::vector<LockKey> locks_; ///< by node
    std::vector<bool> given_up_; ///< by node: not to be asked any more
    std::vector<Mode> modes_;    ///< by node: the mode that it answers to
};

} // namespace

std::vector<Facts> examine(NodeSet& nodes, const LockKey& probe, const LockTerms& terms) {
    return Examination{nodes, probe, terms}.run();
}

} // namespace holdfast
