#include "redis/cluster.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace holdfast {
namespace {

/// How many nodes of one cluster are asked at most.
constexpr size_t most_guides = 16;

} // namespace

std::vector<SlotRange> slot_ranges(const Reply& slots) {
    std::vector<SlotRange> ranges;
    for (const Reply& range : slots.items) {
        if (range.items.size() < 3 || range.items[2].items.size() < 2) continue;
        const Reply& host = range.items[2].items[0];
        const int64_t port = range.items[2].items[1].integer;
        if (host.text == "?" || port < 1 || port > 65535) continue;
        ranges.push_back({range.items[0].integer, range.items[1].integer, {host.text, static_cast<uint16_t>(port)}});
    }
    return ranges;
}

Cluster::Cluster(const Node& node, milliseconds node_timeout) : node_{node}, guides_{guides(node), node_timeout} {}

std::vector<Cluster::Told> Cluster::ask(size_t enough, int interrupt) {
    guides_.resolve();
    Request request{"CLUSTER", "KEYSLOT", node_.key};
    request.add({"CLUSTER", "SLOTS"});
    const auto answered = [](const std::optional<Answer>& answer) {
        return answer && answer->replies && answer->replies->back().type == Reply::Type::list;
    };
    const auto is_enough = [&](const Answers& answers) {
        return static_cast<size_t>(std::ranges::count_if(answers, answered)) >= enough;
    };
    const Answers answers = guides_.ask_all(request, {.enough = is_enough, .interrupt = interrupt});
    std::vector<Told> all;
    failure_.reset();
    for (size_t i = 0; i < answers.size(); ++i) {
        if (answered(answers[i])) {
            Told told{answers[i]->replies->front().integer, slot_ranges(answers[i]->replies->back())};
            for (SlotRange& range : told.ranges)
                if (range.master.host.empty()) range.master.host = guides_.node(i).host;
            all.push_back(std::move(told));
        } else if (answers[i] && answers[i]->replies)
            failure_ =
                NodeFailure{NodeFailure::Kind::no_vote,
                            fmt::format("{} is no node of a cluster ({}); write redis:// or sentinel:// for it",
                                        guides_.node(i).display(), printable(answers[i]->replies->back().text, 200))};
        else if (answers[i] && !failure_) failure_ = answers[i]->replies.error();
    }
    if (all.empty() && !failure_) failure_ = NodeFailure{NodeFailure::Kind::timeout, "no node of its cluster answers"};
    return all;
}

Found Cluster::find(const Wish& wish, int interrupt) {
    if (wish.told) {
        Found place = resolved(wish.told->to);
        if (place) place->asking = wish.told->asking;
        return place;
    }
    const std::vector<Told> all = ask(found_before_ ? guides_.size() / 2 + 1 : 1, interrupt);
    std::map<HostPort, size_t> votes;
    for (const Told& told : all)
        for (const SlotRange& range : told.ranges)
            if (range.has(told.slot)) ++votes[range.master];
    if (all.empty()) return tl::unexpected{*failure_};
    if (votes.empty())
        return tl::unexpected{NodeFailure{NodeFailure::Kind::no_vote,
                                          "no master of its cluster has the lock's slot; repair the cluster"}};
    for (const Told& told : all) add_masters(told.ranges);
    found_before_ = true;
    return resolved(std::ranges::max_element(votes, {}, [](const auto& one) { return one.second; })->first);
}

void Cluster::add_masters(const std::vector<SlotRange>& ranges) {
    for (const SlotRange& range : ranges) {
        bool known = guides_.size() >= most_guides;
        for (size_t i = 0; i < guides_.size(); ++i) known = known || guides_.node(i).at() == range.master;
        if (!known) guides_.add(guide(range.master, node_));
    }
}

std::vector<Node> Cluster::masters() {
    const std::vector<Told> all = ask(1, -1);
    std::set<HostPort> places;
    if (!all.empty())
        for (const SlotRange& range : all.front().ranges) places.insert(range.master);
    std::vector<Node> nodes;
    for (const HostPort& at : places) {
        static_cast<Access&>(nodes.emplace_back()) = node_;
        nodes.back().replicas = node_.replicas;
        nodes.back().host = at.host;
        nodes.back().port = at.port;
        nodes.back().part_of = node_.display();
    }
    return nodes;
}

} // namespace holdfast
