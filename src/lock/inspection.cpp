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
        inspection.fence = std::max(inspection.fence, node->fence);
        if (node->queue.size() > inspection.queue.size()) inspection.queue = node->queue;
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

/// One node's locks: keys by SCAN, and then their values, a batch of either at a time.
class NodeListing {
  public:
    explicit NodeListing(std::string pattern) : pattern_{std::move(pattern)} {}

    bool done() const { return failure_ || (cursor_ == "0" && asked_ && keys_.empty()); }
    const std::optional<NodeFailure>& failure() const { return failure_; }
    const std::map<std::string, Said>& found() const { return found_; }

    std::optional<Exchange> next() {
        if (done()) return {};
        if (keys_.empty()) return Exchange{{"SCAN", cursor_, "MATCH", pattern_, "COUNT", "1000", "TYPE", "string"}};
        batch_.assign(keys_.end() - static_cast<std::ptrdiff_t>(std::min(keys_.size(), batch_size)), keys_.end());
        keys_.resize(keys_.size() - batch_.size());
        Request request;
        for (const std::string& key : batch_) {
            // More than any record of ours has: what is longer need not come whole.
            request.add({"GETRANGE", key, "0", "2047"});
            request.add({"PTTL", key});
        }
        return Exchange{std::move(request)};
    }

    void take(const Answer& answer) {
        if (!answer.replies) failure_ = answer.replies.error();
        else if (const Reply* error = first_error(*answer.replies))
            failure_ = NodeFailure{NodeFailure::Kind::no_vote, fmt::format("it says: {}", printable(error->text))};
        else if (batch_.empty()) take_keys(answer.replies->front());
        else take_values(*answer.replies);
    }

  private:
    static constexpr size_t batch_size = 200;

    static const Reply* first_error(const std::vector<Reply>& replies) {
        const auto found = std::ranges::find(replies, Reply::Type::error, &Reply::type);
        return found == replies.end() ? nullptr : &*found;
    }

    void take_keys(const Reply& reply) {
        asked_ = true;
        if (reply.items.size() != 2) {
            failure_ = NodeFailure{NodeFailure::Kind::no_vote, "its answer makes no sense here"};
            return;
        }
        cursor_ = reply.items[0].text;
        for (const Reply& key : reply.items[1].items) keys_.push_back(key.text);
    }

    void take_values(const std::vector<Reply>& replies) {
        for (size_t i = 0; i < batch_.size(); ++i)
            if (const milliseconds ttl{replies[2 * i + 1].integer}; ttl >= milliseconds{0})
                found_.insert_or_assign(batch_[i], Said{Word::held, replies[2 * i].text, ttl});
        batch_.clear();
    }

    std::string pattern_;
    std::string cursor_ = "0";
    bool asked_ = false;
    std::vector<std::string> keys_;  ///< still to be asked for
    std::vector<std::string> batch_; ///< being asked for
    std::map<std::string, Said> found_;
    std::optional<NodeFailure> failure_;
};

} // namespace

Inspection inspect(NodeSet& nodes, const LockKey& key) {
    const Answers answers = nodes.ask([&](size_t) { return inspection(key); }, {.enough = all_of_them});
    std::vector<std::optional<Said>> all(nodes.size());
    std::vector<NodeReport> reports;
    for (size_t i = 0; i < nodes.size(); ++i) {
        const auto one = said(*answers[i]);
        if (one) all[i] = *one;
        reports.push_back(report(nodes, i, one));
    }
    Inspection result = tally(all);
    result.nodes = std::move(reports);
    return result;
}

Revocation revoke(NodeSet& nodes, const LockKey& key, const Record& record, const std::string& words, Way way) {
    std::vector<Way> ways(nodes.size(), way);
    const Revoke operation{record, words};
    const Answers answers =
        nodes.ask([&](size_t i) { return exchange(key, operation, ways[i]); }, {.enough = all_of_them});
    std::map<Word, size_t> counts;
    Revocation revocation{};
    for (size_t i = 0; i < nodes.size(); ++i) {
        const auto one = said(*answers[i]);
        if (one) {
            ++counts[one->word];
            ++revocation.answered;
        }
        revocation.nodes.push_back(report(nodes, i, one));
    }
    const size_t q = quorum(nodes.size());
    using enum Revocation::Outcome;
    if (revocation.answered < q) revocation.outcome = too_few;
    else if (counts[Word::revoked] + counts[Word::free] < q) revocation.outcome = changed;
    else revocation.outcome = counts[Word::revoked] > 0 ? revoked : free;
    return revocation;
}

Listing list_locks(NodeSet& nodes, const std::string& prefix, const std::string& glob) {
    std::vector<NodeListing> listings(nodes.size(), NodeListing{glob_escaped(prefix) + glob});
    while (!std::ranges::all_of(listings, &NodeListing::done)) {
        const Answers answers = nodes.ask([&](size_t i) { return listings[i].next(); }, {.enough = all_of_them});
        for (size_t i = 0; i < nodes.size(); ++i)
            if (answers[i]) listings[i].take(*answers[i]);
    }

    Listing listing;
    std::map<std::string, std::vector<std::optional<Said>>> by_name;
    for (size_t i = 0; i < nodes.size(); ++i) {
        const auto& failure = listings[i].failure();
        listing.nodes.push_back({nodes.node(i).display(), failure ? failure->text : "listed"});
        if (failure) continue;
        ++listing.answered;
        for (const auto& [key, said] : listings[i].found()) {
            auto& by_node = by_name[key.substr(prefix.size())];
            by_node.resize(nodes.size());
            by_node[i] = said;
        }
    }
    for (const auto& [name, by_node] : by_name) {
        if (not_a_lock_name(name)) continue;
        Inspection inspection = tally(by_node);
        inspection.nodes = listing.nodes;
        listing.locks.push_back({name, std::move(inspection)});
    }
    return listing;
}

} // namespace holdfast
