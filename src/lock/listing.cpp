#include "lock/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace holdfast {
namespace {

/// The text, after the server's name if the server is one of several of a node.
std::string at_server(const Node& server, const std::string& text) {
    return server.part_of.empty() ? text : fmt::format("{}: {}", server.display(), text);
}

/// What all servers say of one lock.
struct Told {
    std::vector<NodeView> views;
    std::optional<Stats> stats{};
    std::vector<std::vector<LogEntry>> logs{}; ///< by node

    void add(FoundLock& found, size_t node) {
        // While a cluster moves a lock from one master to another, one has it: that reply replaces the other's `free`.
        const auto& known = views[node].reply;
        if (!known || known->verdict == Verdict::free) views[node].reply = std::move(found.reply);
        if (stats && found.stats) stats->merge(*found.stats);
        else if (found.stats) stats = found.stats;
        if (found.log.empty()) return;
        logs.resize(views.size());
        logs[node] = std::move(found.log);
    }
};

/// What the servers say of each lock, by name. `node_of` has the node of each server, and `nobody` what each node says
/// of a lock that it does not have.
std::map<std::string, Told> by_name(std::vector<NodeListing>& listings, const std::vector<size_t>& node_of,
                                    const std::vector<NodeView>& nobody) {
    std::map<std::string, Told> locks;
    for (size_t i = 0; i < listings.size(); ++i) {
        if (!nobody[node_of[i]].reply) continue;
        for (auto& [name, found] : listings[i].found()) {
            Told& told = locks[name];
            if (told.views.empty()) told.views = nobody;
            told.add(found, node_of[i]);
        }
    }
    return locks;
}

} // namespace

size_t Listing::answered() const {
    return static_cast<size_t>(
        std::ranges::count_if(nodes, [](const Node& node) { return !node.failure || node.in_part; }));
}

Listing list_locks(NodeSet& servers, const std::string& prefix, const std::string& glob, Beside beside) {
    std::vector<NodeListing> listings(servers.size(), NodeListing{prefix, glob, beside});
    const Answers answers = servers.ask([&](size_t i) { return listings[i].exchange(); }, {});
    Listing listing;
    std::vector<size_t> node_of; // by server
    std::vector<milliseconds> clocks;
    for (size_t i = 0; i < servers.size(); ++i) {
        std::string name = servers.node(i).node_display();
        if (listing.nodes.empty() || listing.nodes.back().name != name)
            listing.nodes.push_back({std::move(name), {}, false});
        node_of.push_back(listing.nodes.size() - 1);
        if (!answers[i]->replies) listings[i].fail(answers[i]->replies.error());
        if (const auto& failure = listings[i].failure())
            listing.nodes.back().failure = NodeFailure{failure->kind, at_server(servers.node(i), failure->text)};
        else {
            listing.nodes.back().in_part = true;
            clocks.push_back(listings[i].now());
        }
    }
    listing.now = median(std::move(clocks));
    std::vector<NodeView> nobody;
    for (const auto& [name, failure, in_part] : listing.nodes) {
        nobody.push_back({name, NodeReply{Verdict::free}});
        if (failure && !in_part) nobody.back().reply = tl::unexpected{*failure};
    }
    for (auto& [name, told] : by_name(listings, node_of, nobody)) {
        listing.locks.push_back({{name, prefix}, tally(std::move(told.views))});
        listing.stats.push_back(told.stats);
        std::ranges::move(runs_of(name, told.logs, listing.locks.back().inspection, listing.now),
                          std::back_inserter(listing.runs));
    }
    return listing;
}

} // namespace holdfast
