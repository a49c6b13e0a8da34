#include "lock/listing.hpp"

#include "lock/operations/limits.hpp"
#include "lock/operations/results.hpp"
#include "redis/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <utility>

namespace holdfast {
namespace {

/// Lists one node's locks: SCAN gives all keys, PTTL tells which of them expire, and of those the rest is read; of a
/// group then its members, and of each member its record. Each request asks about what earlier answers brought up.
class NodeListing {
  public:
    NodeListing(std::string prefix, const std::string& glob)
        : prefix_{std::move(prefix)}, walk_{glob_escaped(prefix_) + glob, "2000"} {}

    /// The whole exchange. The NodeListing must not move until the exchange ends, because each step points to it.
    Exchange exchange() {
        Request request{"TIME"};
        while (!members_.empty() && request.has_room()) {
            const Place& place = move_last(members_, asked_members_);
            request.add({"HGET", LockKey{place.name, prefix_}.records(), place.member});
        }
        while (!groups_.empty() && request.has_room())
            request.add({"ZRANGE", LockKey{move_last(groups_, asked_groups_), prefix_}.members(),
                         argument(-int64_t{members_shown}), "-1", "WITHSCORES"});
        while (!expiring_.empty() && request.has_room()) ask_all(move_last(expiring_, asked_expiring_), request);
        while (!names_.empty() && request.has_room()) request.add({"PTTL", prefix_ + move_last(names_, asked_names_)});
        asked_to_scan_ = names_.empty() && !walk_.over();
        if (asked_to_scan_) walk_.add_to(request);
        return {std::move(request), [this](std::vector<Reply>&& replies) -> Step {
                    take(replies);
                    if (failure_ || is_over()) return Reply{};
                    return exchange();
                }};
    }
    void fail(NodeFailure failure) { failure_ = std::move(failure); }

    const std::optional<NodeFailure>& failure() const { return failure_; }
    /// The locks of this node, by name.
    const std::map<std::string, NodeReply>& found() const { return found_; }

  private:
    using Replies = std::span<const Reply>;

    /// The place of one holder in the group of that lock.
    struct Place {
        std::string name;
        std::string member;
        milliseconds left;
    };

    bool is_over() const {
        return walk_.over() && names_.empty() && expiring_.empty() && groups_.empty() && members_.empty();
    }

    template <typename Question>
    static const Question& move_last(std::vector<Question>& from, std::vector<Question>& to) {
        to.push_back(std::move(from.back()));
        from.pop_back();
        return to.back();
    }

    void ask_all(const std::string& name, Request& request) const {
        const LockKey key{name, prefix_};
        request.add({"PTTL", key.key()});
        // A longer value is no record of ours, so only its beginning is read.
        request.add({"GETRANGE", key.key(), "0", argument(int64_t{longest_record})});
        request.add({"GET", key.fence()});
        request.add({"ZCOUNT", key.seen(), "(" + argument(now_), "+inf"});
    }

    void take(Replies replies) {
        const auto next = [&replies](size_t count) {
            const Replies taken = replies.first(count);
            replies = replies.subspan(count);
            return taken;
        };
        now_ = time_of(next(1).front());
        for (const Place& place : std::exchange(asked_members_, {})) take_member(place, next(1));
        for (const std::string& name : std::exchange(asked_groups_, {})) take_group(name, next(1));
        for (const std::string& name : std::exchange(asked_expiring_, {})) take_all(name, next(4));
        for (std::string& name : std::exchange(asked_names_, {}))
            if (const Replies ttl = next(1); usable(ttl) && ttl.front().integer >= 0 && !not_a_lock_name(name))
                expiring_.push_back(std::move(name));
        if (asked_to_scan_) take_names(next(1));
    }

    void take_all(const std::string& name, Replies replies) {
        if (!usable(replies) || replies[0].integer < 0) return;
        NodeReply told{Verdict::held, replies[1].text, duration_of(replies[0].integer)};
        told.fence = Fence{replies[2].number()};
        told.waiting = static_cast<size_t>(std::max<int64_t>(replies[3].integer, 0));
        const bool group = is_group(told.value);
        // SCAN may name a key twice.
        if (found_.try_emplace(name, std::move(told)).second && group) groups_.push_back(name);
    }

    void take_group(const std::string& name, Replies replies) {
        if (!usable(replies)) return;
        for_each_score(replies.front(), [&](const std::string& member, int64_t ends) {
            if (const milliseconds left = milliseconds{ends} - now_; left > milliseconds{0})
                members_.push_back({name, member, duration_of(left.count())});
        });
    }

    void take_member(const Place& place, Replies replies) {
        if (usable(replies) && replies.front().type != Reply::Type::nil)
            found_.at(place.name).members.push_back({Record::parse(replies.front().text), place.left});
    }

    void take_names(Replies replies) {
        if (!usable(replies)) return;
        // A key with braces is one of a lock's other keys, such as its queue, and no lock.
        for (const std::string& key : walk_.take(replies.front()))
            if (key.starts_with(prefix_) && key.find('{', prefix_.size()) == std::string::npos)
                names_.push_back(key.substr(prefix_.size()));
        if (walk_.broken()) fail({NodeFailure::Kind::no_vote, "its answer makes no sense here"});
    }

    /// False when the key is no lock, or the node refuses.
    bool usable(Replies replies) {
        const auto error = std::ranges::find(replies, Reply::Type::error, &Reply::type);
        if (error == replies.end()) return true;
        if (const auto told = refused(*error); !told) fail(told.error());
        return false;
    }

    std::string prefix_;
    ScanWalk walk_;
    std::vector<std::string> names_;    ///< names of keys of which it is unknown whether they expire
    std::vector<std::string> expiring_; ///< names of keys that expire, of which the rest is not read yet
    std::vector<std::string> groups_;   ///< names of locks with a group of which the members are not read yet
    std::vector<Place> members_;        ///< whose records are not read yet
    std::vector<std::string> asked_names_;
    std::vector<std::string> asked_expiring_;
    std::vector<std::string> asked_groups_;
    std::vector<Place> asked_members_;
    bool asked_to_scan_ = false;
    milliseconds now_{};
    std::map<std::string, NodeReply> found_;
    std::optional<NodeFailure> failure_;
};

/// What a server says, with its place if it is one of several of a node.
std::string at_server(const Node& server, const std::string& text) {
    return server.part_of.empty() ? text : fmt::format("{}: {}", server.display(), text);
}

} // namespace

size_t Listing::answered() const {
    return static_cast<size_t>(
        std::ranges::count_if(nodes, [](const Node& node) { return !node.failure || node.in_part; }));
}

Listing list_locks(NodeSet& servers, const std::string& prefix, const std::string& glob) {
    std::vector<NodeListing> listings(servers.size(), NodeListing{prefix, glob});
    const Answers answers =
        servers.ask([&](size_t i) { return listings[i].exchange(); }, {.enough = [](const Answers&) { return false; }});
    Listing listing;
    std::vector<size_t> node_of; // by server
    for (size_t i = 0; i < servers.size(); ++i) {
        std::string name = servers.node(i).node_display();
        if (listing.nodes.empty() || listing.nodes.back().name != name)
            listing.nodes.push_back({std::move(name), {}, false});
        node_of.push_back(listing.nodes.size() - 1);
        if (!answers[i]->replies) listings[i].fail(answers[i]->replies.error());
        if (const auto& failure = listings[i].failure())
            listing.nodes.back().failure = NodeFailure{failure->kind, at_server(servers.node(i), failure->text)};
        else listing.nodes.back().in_part = true;
    }
    std::vector<NodeView> nobody;
    for (const auto& [name, failure, in_part] : listing.nodes) {
        nobody.push_back({name, NodeReply{Verdict::free}});
        if (failure && !in_part) nobody.back().reply = tl::unexpected{*failure};
    }
    std::map<std::string, std::vector<NodeView>> by_name;
    for (size_t i = 0; i < servers.size(); ++i)
        for (const auto& [name, told] : listings[i].found())
            if (nobody[node_of[i]].reply) by_name.try_emplace(name, nobody).first->second[node_of[i]].reply = told;
    for (auto& [name, views] : by_name) listing.locks.push_back({{name, prefix}, tally(std::move(views))});
    return listing;
}

} // namespace holdfast
