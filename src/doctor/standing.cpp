#include "doctor/standing.hpp"

#include "base/duration.hpp"
#include "base/escape.hpp"
#include "base/split.hpp"
#include "redis/greeting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace holdfast {
namespace {

// ---- what the node said

struct Replicas {
    size_t connected = 0;
    size_t in_sync = 0; ///< have acknowledged something within the last seconds
};

/// Whether the server runs in that mode. Redis names the field redis_mode, Valkey names it server_mode.
bool has_mode(std::string_view info, std::string_view mode) {
    return info_field(info, "redis_mode") == mode || info_field(info, "server_mode") == mode;
}

/// The value of a field, named as in "lag=", of a line such as "ip=127.0.0.1,port=6379,state=online,offset=14,lag=0";
/// empty if the line does not have the field.
std::string_view part(std::string_view line, std::string_view name) {
    const size_t at = line.find(name);
    if (at == std::string_view::npos) return {};
    line.remove_prefix(at + name.size());
    return line.substr(0, line.find(','));
}

bool is_in_sync(std::string_view replica) {
    // In seconds: a replica acknowledges once a second, and may be late.
    constexpr int longest_lag = 3;
    const std::string_view text = part(replica, "lag=");
    int lag = 0;
    const bool is_number = std::from_chars(text.data(), text.data() + text.size(), lag).ec == std::errc{};
    return part(replica, "state=") == "online" && is_number && lag >= 0 && lag <= longest_lag;
}

Replicas replicas_of(std::string_view info) {
    Replicas found;
    while (const auto replica = info_field(info, fmt::format("slave{}", found.connected))) {
        ++found.connected;
        if (is_in_sync(*replica)) ++found.in_sync;
    }
    return found;
}

/// The number that the server has told for that setting, limited to 0 to 2^40; nothing if it has told none.
std::optional<int64_t> setting(const Facts& facts, std::string_view name) {
    const Reply* value = facts.config.find(name);
    if (value == nullptr) return {};
    constexpr int64_t longest = int64_t{1} << 40;
    return std::clamp(value->number(), int64_t{0}, longest);
}

struct ClusterView {
    std::string_view self; ///< the node's id
    size_t shards = 0;
    size_t replicas = 0;
    int slots = 0; ///< of the masters that are not dead
};

/// How many slots stand at the end of a master's line, as in "0-5460 5462 [5461->-ID]".
int slots_in(std::string_view line) {
    const auto number = [](std::string_view text) {
        int value = -1;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    int slots = 0;
    const std::vector<std::string_view> words = split(line, ' ');
    for (size_t i = 8; i < words.size(); ++i) {
        const std::string_view range = words[i];
        if (number(range) < 0) continue;
        const size_t dash = range.find('-');
        slots += dash == range.npos ? 1 : number(range.substr(dash + 1)) - number(range) + 1;
    }
    return slots;
}

/// The answer to CLUSTER NODES has one line for each server: its id, address, flags, master, four more words, and its
/// slots. Nothing if it was not asked for, or is an error.
std::optional<ClusterView> view_of(const Reply& nodes) {
    if (nodes.type != Reply::Type::text) return {};
    ClusterView view;
    for (const std::string_view line : split(nodes.text, '\n')) {
        if (line.find("myself") != std::string_view::npos) view.self = line.substr(0, line.find(' '));
        if (line.find("slave ") != std::string_view::npos) ++view.replicas;
        else if (const int slots = slots_in(line); slots > 0) {
            ++view.shards;
            // "fail?", which the node alone believes, does not count as dead.
            if (line.find("master,fail ") == line.npos) view.slots += slots;
        }
    }
    return view;
}

std::string plural(size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// ---- replicas

Finding no_replicas(const Facts& facts) {
    if (facts.replicas == 0) return good("replicas", "none: it stands alone");
    return warning("replicas", fmt::format("none is in sync, and {} of them must have each grant", facts.replicas),
                   "see to its replicas and their links (INFO replication)");
}

Finding confirmed_by_replicas(const Facts& facts, const Replicas& there, const std::string& said) {
    const auto wanted = static_cast<size_t>(facts.replicas);
    if (wanted > there.in_sync)
        return warning("replicas", fmt::format("{}, and {} must have each grant", said, wanted),
                       "see to its replicas, or make --replicas smaller");
    if (wanted == there.connected) return good("replicas", fmt::format("{}, and each has every grant", said));
    return warning("replicas",
                   fmt::format("{}, and {} must have each grant: a failover to another one loses it", said, wanted),
                   fmt::format("make --replicas {}, or give all replicas the same replica-priority, which the master "
                               "does not tell, and then --accept replicas",
                               there.connected));
}

Finding unconfirmed_by_replicas(const Facts& facts, const Replicas& there, const std::string& said, size_t n) {
    if (n > 1) return good("replicas", said + "; what a failover makes it forget the other nodes know");
    const auto needed = setting(facts, "min-replicas-to-write");
    const auto lag = setting(facts, "min-replicas-max-lag");
    const bool limited = needed && lag && *needed > 0 && *lag > 0;
    return warning(
        "replicas",
        fmt::format("{}: a failover gives a lock that no replica has yet to two{}", said,
                    limited ? fmt::format(" (min-replicas-to-write {} stops a master that is cut off after {} s)",
                                          *needed, *lag)
                            : ""),
        fmt::format("--replicas {} grants only what they have; {}three nodes that do not replicate each other end it{}",
                    there.connected, limited ? "" : "min-replicas-to-write 1 with min-replicas-max-lag limits it; ",
                    facts.locator == Node::Locator::address ? "; behind Sentinels write sentinel://" : ""));
}

Finding replicas(const Facts& facts, const Replicas& there, size_t n) {
    const Reply* active = facts.config.find("active-replica");
    if (active != nullptr && active->text == "yes")
        return failing("replicas", "it is an active replica: it and its peers take writes beside each other",
                       "set active-replica no on all of them, or use servers that do not replicate each other");
    if (there.connected == 0) return no_replicas(facts);
    if (there.in_sync == 0)
        return warning("replicas",
                       fmt::format("{}, none in sync: a failover loses its locks", plural(there.connected, "replica")),
                       "see to its replicas and their links (INFO replication)");
    const std::string said = fmt::format("{} of {} in sync", there.in_sync, plural(there.connected, "replica"));
    return facts.replicas > 0 ? confirmed_by_replicas(facts, there, said)
                              : unconfirmed_by_replicas(facts, there, said, n);
}

// ---- a cluster

/// The URI of the cluster to which the node with this URI belongs; with the word HOST if the node is named by no host.
std::string cluster_uri(const std::string& node) {
    const bool tls = node.starts_with("rediss://");
    const size_t host = node.starts_with("redis") ? node.find("://") + 3 : std::string::npos;
    return fmt::format("cluster{}://{}", tls ? "s" : "", host == std::string::npos ? "HOST" : node.substr(host));
}

Finding cluster(const Facts& facts) {
    const auto view = view_of(facts.cluster);
    const std::string size =
        view ? fmt::format(" of {} with {}", plural(view->shards, "shard"), plural(view->replicas, "replica")) : "";
    if (constexpr int all = 16'384; view && view->slots < all)
        return failing("cluster",
                       fmt::format("a cluster{}: {} of its {} slots have no server, and no lock can be had there", size,
                                   all - view->slots, all),
                       "repair it (redis-cli --cluster check)");
    if (facts.locator == Node::Locator::cluster) return good("cluster", "a cluster" + size);
    const std::string share = view && view->shards > 1 ? fmt::format(", about one in {}", view->shards) : "";
    return warning(
        "cluster",
        fmt::format("it is part of a cluster{}: only locks whose names fall to it can be had{}", size, share),
        "write " + cluster_uri(facts.node));
}

// ---- a Sentinel group

Finding sentinel(const SentinelFacts& said) {
    const std::string text = fmt::format("{} of {} answer; {} of them find the master dead after {}", said.answered,
                                         plural(said.known, "Sentinel"), said.quorum, format_duration(said.down_after));
    if (said.answered <= said.known / 2)
        return failing("sentinel", text + "; a grant needs a majority of them", "start the others");
    if (said.known < 3) return warning("sentinel", text + "; no majority is left when one fails", "use three of them");
    return good("sentinel", text);
}

// ---- a failover

/// How long after the failure of a master its replica takes over, beside the time after which it is found dead.
constexpr milliseconds takes_over{3000};

/// After which time a master that is silent is found dead.
struct FoundDead {
    std::string_view setting;
    milliseconds after;
    bool told = true; ///< by the server; otherwise this is the setting's default
};

std::optional<FoundDead> found_dead(const Facts& facts, const Replicas& there) {
    if (facts.sentinel) return FoundDead{"down-after-milliseconds", facts.sentinel->down_after};
    if (!is_in_cluster(facts.info.text) || there.connected == 0) return {};
    const auto told = setting(facts, "cluster-node-timeout");
    return FoundDead{"cluster-node-timeout", milliseconds{told.value_or(15'000)}, told.has_value()};
}

/// Whether a lock outlives an unplanned failover, which begins at worst when the renewal of the lock is due.
Finding failover(const FoundDead& dead, const Timing& timing) {
    const milliseconds needed = dead.after + takes_over;
    const milliseconds stop = timing.grace + timing.kill_margin();
    const milliseconds left = std::max(timing.ttl - timing.renewal_interval() - stop, milliseconds{0});
    const std::string text = fmt::format(
        "an unplanned one takes up to {} ({} {}{}); a job goes on without its node for {}", format_duration(needed),
        dead.setting, format_duration(dead.after), dead.told ? "" : ", by default", format_duration(left));
    if (left > needed) return good("failover", text);
    // With a longer TTL, grace and margin may become longer, up to this by default.
    const milliseconds then = std::max(stop, milliseconds{5500});
    const auto ttl = std::chrono::floor<seconds>((needed + then) * 3 / 2) + seconds{1};
    return warning("failover", text + ", and loses its lock",
                   fmt::format("make --ttl {}, or --grace or {} shorter", format_duration(ttl), dead.setting));
}

} // namespace

bool is_sentinel(std::string_view info) { return has_mode(info, "sentinel"); }
bool is_in_cluster(std::string_view info) { return has_mode(info, "cluster"); }

std::optional<std::string> belong_together(const Facts& a, const Facts& b) {
    const auto group = info_field(a.info.text, "master_replid");
    if (group && group == info_field(b.info.text, "master_replid"))
        return "replicate each other, or the same master: together they have one vote";
    const auto view = view_of(a.cluster);
    if (view && !view->self.empty() && b.cluster.text.find(view->self) != std::string::npos)
        return "are parts of one cluster: a lock is on one of them alone";
    return {};
}

std::vector<Finding> judge_standing(const Facts& facts, size_t n, const LockTerms& terms) {
    std::vector<Finding> findings;
    if (!info_field(facts.info.text, "role")) return findings;
    const Replicas there = replicas_of(facts.info.text);
    findings.push_back(replicas(facts, there, n));
    if (is_in_cluster(facts.info.text)) findings.push_back(cluster(facts));
    if (facts.sentinel) findings.push_back(sentinel(*facts.sentinel));
    // Of three nodes two keep the lock in a failover of the third, so there is no finding.
    const auto dead = found_dead(facts, there);
    if (dead && n < 3) findings.push_back(failover(*dead, terms.timing));
    return findings;
}

} // namespace holdfast
