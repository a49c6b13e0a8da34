#include "cli/target.hpp"

#include "base/duration.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/small_file.hpp"
#include "base/split.hpp"
#include "base/uri.hpp"
#include "cli/exit.hpp"
#include "config/node_list.hpp"
#include "events/log.hpp"
#include "local/local_nodes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace holdfast {
namespace {

constexpr int most_local_nodes = 9;
/// Of one run: each lock costs a round trip to take, to renew and to release.
constexpr size_t most_locks = 16;

/// How many servers "local:" or "local:N" stands for; nothing for any other URI.
std::optional<int> local_count(std::string_view uri) {
    const UriParts parts = parts_of(uri);
    if (parts.scheme != "local:") return {};
    const std::string_view number = uri.substr(parts.scheme.size());
    if (number.empty()) return 1;
    int count = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), count);
    if (error != std::errc{} || end != number.data() + number.size() || count < 1 || count > most_local_nodes)
        throw Failure{ExitStatus::configuration,
                      fmt::format("'{}' is not a local node; write local: or local:N with N from 1 to {}",
                                  masked(Secret{std::string{uri}}), most_local_nodes)};
    return count;
}

/// Whether one word stands before the '@' of the URI: redis-cli takes that for a password, other programs for a user.
bool has_login_of_one_word(std::string_view uri) {
    const UriParts parts = parts_of(uri);
    return parts.user && !parts.user->empty() && !parts.password;
}

/// The node of a URI, with what is given for all nodes; or why there is none, without user and password.
tl::expected<Node, std::string> node_of(const std::string& uri, const Settings& settings) {
    auto node = parse_node(uri);
    if (!node) return node;
    if (node->password.empty()) {
        node->password = settings.password;
        node->password_file = settings.password_file.value_or("");
    }
    if (node->password.empty() && has_login_of_one_word(uri))
        return tl::unexpected{
            std::string{"the word before its '@' may be a password or a user; write :PASSWORD@, or USER:@ for a user "
                        "without a password (HOLDFAST_PASSWORD or --password-file gives one)"}};
    if (const std::string& file = node->sentinel.password_file; !file.empty())
        node->sentinel.password = read_password("sentinel-password-file=", file);
    for (auto* tls : {&node->tls, &node->sentinel.tls})
        if (*tls) (*tls)->complete_from({settings.tls_ca, settings.tls_cert, settings.tls_key, settings.tls_insecure});
    return node;
}

void warn_of_insecure(const std::vector<Node>& nodes, const Log& log) {
    std::vector<std::string> insecure;
    for (const Node& node : nodes)
        if ((node.tls && node.tls->insecure) || (node.sentinel.tls && node.sentinel.tls->insecure))
            insecure.push_back(node.display());
    if (!insecure.empty()) log.tell(event::insecure(fmt::format("{}", fmt::join(insecure, ", "))));
}

/// Whether the URI ends with a password. What stands behind the comma after the URI may be the rest of that password,
/// because a comma separates nodes.
bool ends_in_password(std::string_view uri) {
    const auto secrets = secrets_in(uri);
    return !secrets.empty() && secrets.back().data() + secrets.back().size() == uri.data() + uri.size();
}

/// Gives advice if what stands for the database may be meant for the port.
void doubt_database(const Node& node, const Log& log) {
    constexpr int more_than_servers_have = 1000;
    if (node.db >= more_than_servers_have && node.port == Node{}.port)
        log.tell(event::advice("in {} {} is the number of a database; a port stands behind ':', as in redis://{}:{}",
                               node.display(), node.db, node.host, node.db));
}

/// Throws Failure if the node timeout is too short for a node with replicas: the answer of WAIT may come a tenth of a
/// second late, and the node's answer with it.
void require_time_for_replicas(const Node& node, milliseconds node_timeout) {
    constexpr milliseconds least{300};
    if (node.replicas.value_or(0) > 0 && node_timeout < least)
        throw Failure{ExitStatus::configuration,
                      fmt::format("with --replicas a node timeout is at least {}, here it is {}; give --node-timeout "
                                  "{}, or a longer --ttl",
                                  format_duration(least), format_duration(node_timeout), format_duration(least))};
}

} // namespace

std::vector<Node> configured_nodes(const Settings& settings) {
    if (settings.nodes.empty())
        throw Failure{
            ExitStatus::configuration,
            fmt::format("no nodes configured; give --node redis://HOST:PORT (or export HOLDFAST_NODES, or set nodes "
                        "in {}), or --node local: for a lock on this machine alone",
                        settings.nodes_in_file)};
    const Log log{settings.verbosity};
    std::vector<Node> nodes;
    for (size_t i = 0; i < settings.nodes.size(); ++i) {
        const std::string& uri = settings.nodes[i].reveal();
        if (const auto count = local_count(uri)) {
            for (std::string& path : local_nodes(settings.local_dir, *count)) {
                log.tell(event::local_node(uri, path));
                nodes.emplace_back();
                nodes.back().socket_path = std::move(path);
                // The server of a local: node writes its file before it answers; only what ends this machine, and with
                // it all holders, could lose that.
                nodes.back().remembers = true;
            }
            continue;
        }
        auto node = node_of(uri, settings);
        // The text is not shown: it may hold a password.
        if (!node)
            throw Failure{ExitStatus::configuration,
                          fmt::format("node {} of {} cannot be used: {}", i + 1,
                                      settings.nodes_from.empty() ? "the list" : "the list in " + settings.nodes_from,
                                      i > 0 && ends_in_password(settings.nodes[i - 1].reveal())
                                          ? "it is mistyped, or the rest of a password, in which ',' is written %2C"
                                          : node.error())};
        if (!node->replicas) node->replicas = settings.replicas;
        require_time_for_replicas(*node, settings.node_timeout);
        doubt_database(*node, log);
        nodes.push_back(std::move(*node));
    }
    for (size_t i = 0; i < nodes.size(); ++i)
        for (size_t k = 0; k < i; ++k)
            if (nodes[i].display() == nodes[k].display())
                throw Failure{
                    ExitStatus::configuration,
                    fmt::format("{} is configured twice; every node has to be another server", nodes[i].display())};
    warn_of_insecure(nodes, log);
    return nodes;
}

NodeSet nodes_to_ask(const Settings& settings, const LockKey& key) {
    NodeSet nodes{configured_nodes(settings), settings.node_timeout};
    nodes.serve(key.key());
    nodes.resolve();
    return nodes;
}

Mode mode(const Settings& settings) { return settings.no_scripts ? Mode::transactions : Mode::scripts; }

LockKey lock_key(const std::string& name, const Settings& settings) {
    if (const auto why = not_a_lock_name(name)) throw misuse("{}", *why);
    return {name, settings.key_prefix};
}

LockKey new_lock_key(const std::string& name, const Settings& settings) {
    if (name.find(',') != std::string::npos)
        throw misuse("'{}' has a comma, which is no part of a name: it stands between the names of several locks, "
                     "which run takes, and only run",
                     printable(name));
    return lock_key(name, settings);
}

std::vector<LockKey> new_lock_keys(const std::string& names, const Settings& settings) {
    std::vector<LockKey> keys;
    for (const std::string_view part : split(names, ',')) {
        const std::string name{part};
        if (name.empty() && !names.empty())
            throw misuse("in '{}' a name is empty; write a name on each side of a comma, as in: a,b", printable(names));
        if (std::ranges::count(keys, name, &LockKey::name) > 0)
            throw misuse("'{}' names {} twice; a run would wait for itself", printable(names), name);
        keys.push_back(new_lock_key(name, settings));
    }
    if (keys.size() > most_locks)
        throw misuse("a run takes at most {} locks, and here are {}; let one name stand for several of them",
                     most_locks, keys.size());
    return keys;
}

} // namespace holdfast
