#include "lock/listing.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace holdfast {
namespace {

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

Listing list_locks(NodeSet& nodes, const std::string& prefix, const std::string& glob) {
    std::vector<NodeListing> listings(nodes.size(), NodeListing{glob_escaped(prefix) + glob});
    while (!std::ranges::all_of(listings, &NodeListing::done)) {
        const Answers answers =
            nodes.ask([&](size_t i) { return listings[i].next(); }, {.enough = [](const Answers&) { return false; }});
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
