#include "lock/inspection.hpp"

#include "base/duration.hpp"
#include "base/escape.hpp"
#include "lock/timing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

namespace holdfast {
namespace {

const auto all_of_them = [](const Answers&) { return false; };

/// The record that most nodes hold, and until when a quorum of them does.
Inspection tally(const std::vector<std::optional<Said>>& said) {
    std::map<std::string, std::vector<milliseconds>> holders;
    Inspection inspection;
    for (const auto& node : said) {
        if (!node) continue;
        ++inspection.answered;
        if (node->word == Word::held) holders[node->value].push_back(node->ttl_left);
        if (node->word == Word::not_a_lock) inspection.not_a_lock = true;
    }
    const auto most = std::ranges::max_element(holders, {}, [](const auto& entry) { return entry.second.size(); });
    if (most == holders.end()) return inspection;
    std::vector<milliseconds>& left = most->second;
    std::ranges::sort(left, std::greater{});
    inspection.record = Record::parse(most->first);
    inspection.holding = left.size();
    inspection.expires_in = left[std::min(quorum(said.size()), left.size()) - 1];
    return inspection;
}

std::string text_of(const tl::expected<Said, NodeFailure>& said) {
    if (!said) return said.error().text;
    switch (said->word) {
    case Word::held:
        return fmt::format("held by {}, expires in {}", describe(Record::parse(said->value)),
                           format_duration(said->ttl_left));
    case Word::not_a_lock: return "the key there is not a lock";
    case Word::revoked: return "taken away";
    case Word::changed: return "held by another by now";
    default: return "free";
    }
}

NodeReport report(const NodeSet& nodes, size_t i, const tl::expected<Said, NodeFailure>& said) {
    return {nodes.node(i).display(), text_of(said)};
}

/// Characters that mean something in a glob, made plain.
std::string glob_escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view{"*?[]^-\\"}.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

/// The keys of each node that match, by SCAN: a batch of each node at a time, all nodes together.
struct Scan {
    std::string cursor = "0";
    bool done = false;
    std::vector<std::string> keys{};
    std::optional<NodeFailure> failure{};

    void take(const Answer& answer) {
        if (!answer.replies) return fail(answer.replies.error());
        const Reply& reply = answer.replies->front();
        if (reply.type == Reply::Type::error)
            return fail({NodeFailure::Kind::no_vote, fmt::format("it says: {}", printable(reply.text))});
        if (reply.items.size() != 2) return fail({NodeFailure::Kind::no_vote, "its answer makes no sense here"});
        cursor = reply.items[0].text;
        done = cursor == "0";
        for (const Reply& key : reply.items[1].items) keys.push_back(key.text);
    }
    void fail(NodeFailure why) {
        done = true;
        failure = std::move(why);
    }
};

std::vector<Scan> scan(NodeSet& nodes, const std::string& pattern) {
    std::vector<Scan> scans(nodes.size());
    while (!std::ranges::all_of(scans, &Scan::done)) {
        const auto next_batch = [&](size_t i) -> std::optional<Request> {
            if (scans[i].done) return {};
            return Request{"SCAN", scans[i].cursor, "MATCH", pattern, "COUNT", "1000", "TYPE", "string"};
        };
        const Answers answers = nodes.ask(next_batch, {.enough = all_of_them});
        for (size_t i = 0; i < nodes.size(); ++i)
            if (answers[i]) scans[i].take(*answers[i]);
    }
    return scans;
}

std::optional<Said> value_and_ttl(const Reply& value, const Reply& ttl) {
    if (value.type != Reply::Type::text || ttl.integer < 0) return {};
    return Said{Word::held, value.text, milliseconds{ttl.integer}};
}

} // namespace

Inspection inspect(NodeSet& nodes, const LockKey& key) {
    const Answers answers = nodes.ask_all(inspect_request(key), {.enough = all_of_them});
    std::vector<std::optional<Said>> all(nodes.size());
    std::vector<NodeReport> reports;
    for (size_t i = 0; i < nodes.size(); ++i) {
        const auto one = said(*answers[i]);
        if (one) all[i] = *one;
        reports.push_back(report(nodes, i, one));
    }
    Inspection inspection = tally(all);
    inspection.nodes = std::move(reports);
    return inspection;
}

Revocation revoke(NodeSet& nodes, const LockKey& key, const Record& record) {
    const Answers answers = nodes.ask_all(revoke_request(key, record), {.enough = all_of_them});
    std::map<Word, size_t> words;
    Revocation revocation{};
    for (size_t i = 0; i < nodes.size(); ++i) {
        const auto one = said(*answers[i]);
        if (one) {
            ++words[one->word];
            ++revocation.answered;
        }
        revocation.nodes.push_back(report(nodes, i, one));
    }
    const size_t q = quorum(nodes.size());
    using enum Revocation::Outcome;
    if (revocation.answered < q) revocation.outcome = too_few;
    else if (words[Word::revoked] + words[Word::free] < q) revocation.outcome = changed;
    else revocation.outcome = words[Word::revoked] > 0 ? revoked : free;
    return revocation;
}

Listing list_locks(NodeSet& nodes, const std::string& prefix, const std::string& glob) {
    const std::vector<Scan> scans = scan(nodes, glob_escaped(prefix) + glob);
    const auto values_and_ttls = [&](size_t i) -> std::optional<Request> {
        if (scans[i].keys.empty() || scans[i].failure) return {};
        Request request;
        for (const std::string& key : scans[i].keys) {
            request.add({"GET", key});
            request.add({"PTTL", key});
        }
        return request;
    };
    const Answers answers = nodes.ask(values_and_ttls, {.enough = all_of_them});

    Listing listing;
    std::map<std::string, std::vector<std::optional<Said>>> found;
    for (size_t i = 0; i < nodes.size(); ++i) {
        const NodeFailure* failure = scans[i].failure ? &*scans[i].failure : nullptr;
        if (answers[i] && !answers[i]->replies) failure = &answers[i]->replies.error();
        listing.nodes.push_back({nodes.node(i).display(), failure != nullptr ? failure->text : "listed"});
        if (failure != nullptr) continue;
        ++listing.answered;
        for (size_t k = 0; k < scans[i].keys.size(); ++k) {
            const auto one = value_and_ttl((*answers[i]->replies)[2 * k], (*answers[i]->replies)[2 * k + 1]);
            auto& by_node = found[scans[i].keys[k].substr(prefix.size())];
            by_node.resize(nodes.size());
            by_node[i] = one;
        }
    }
    for (const auto& [name, by_node] : found) {
        Inspection inspection = tally(by_node);
        inspection.nodes = listing.nodes;
        if (inspection.holding > 0 && !not_a_lock_name(name)) listing.locks.push_back({name, std::move(inspection)});
    }
    return listing;
}

} // namespace holdfast
