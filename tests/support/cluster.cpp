#include "support/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace holdfast::test {
namespace {

constexpr size_t slots = 16384;

void wait_until(const std::function<bool()>& condition, const char* what) {
    if (!eventually(condition)) throw std::runtime_error{what};
}

} // namespace

Cluster::Cluster(size_t masters, size_t replicas_each, milliseconds node_timeout,
                 const std::vector<std::string>& options)
    : masters_{masters} {
    std::vector<std::string> common{"--cluster-enabled",          "yes",
                                    "--cluster-node-timeout",     fmt::format("{}", node_timeout.count()),
                                    "--repl-diskless-sync-delay", "0"};
    common.insert(common.end(), options.begin(), options.end());
    for (size_t i = 0; i < masters * (1 + replicas_each); ++i) start_server(common);
    share_slots();
    join();
    add_replicas();
    wait_until([&] { return whole(); }, "the cluster does not become whole");
}

void Cluster::start_server(std::vector<std::string> options) {
    options.insert(options.end(), {"--cluster-port", ""});
    // Another process may take the bus port before the server does: then it ends, and another port is tried.
    for (int tries = 0;; ++tries) {
        const int bus_port = free_port();
        options.back() = fmt::format("{}", bus_port);
        try {
            servers_.push_back(std::make_unique<RedisServer>(options, RedisServer::Listens::loopback));
            bus_ports_.push_back(bus_port);
            return;
        } catch (const std::exception&) {
            if (tries == 5) throw;
        }
    }
}

void Cluster::share_slots() const {
    for (size_t m = 0; m < masters_; ++m)
        servers_[m]->command({"CLUSTER", "ADDSLOTSRANGE", fmt::format("{}", m * slots / masters_),
                              fmt::format("{}", (m + 1) * slots / masters_ - 1)});
}

void Cluster::join() const {
    for (size_t i = 0; i < size(); ++i) servers_[i]->command({"CLUSTER", "SET-CONFIG-EPOCH", fmt::format("{}", i + 1)});
    for (size_t i = 1; i < size(); ++i)
        servers_[0]->command(
            {"CLUSTER", "MEET", "127.0.0.1", fmt::format("{}", servers_[i]->port()), fmt::format("{}", bus_ports_[i])});
    wait_until([&] { return all_met(); }, "the servers of the cluster do not meet");
}

void Cluster::add_replicas() const {
    for (size_t i = masters_; i < size(); ++i)
        wait_until(
            [&] {
                return servers_[i]->text({"CLUSTER", "REPLICATE", id(i % masters_)}) == "OK";
            },
            "a server of the cluster does not become a replica");
}

bool Cluster::all_met() const {
    return std::ranges::all_of(servers_, [&](const auto& server) {
        const std::string nodes = server->text({"CLUSTER", "NODES"});
        return static_cast<size_t>(std::ranges::count(nodes, '\n')) == size() && !has(nodes, "handshake");
    });
}

bool Cluster::whole() const {
    const std::string replicas = fmt::format("connected_slaves:{}", size() / masters_ - 1);
    for (size_t i = 0; i < size(); ++i) {
        const std::string replication = servers_[i]->text({"INFO", "replication"});
        const std::string nodes = servers_[i]->text({"CLUSTER", "NODES"});
        size_t known = 0;
        for (size_t at = 0; (at = nodes.find("slave ", at)) != std::string::npos; ++at) ++known;
        if (!has(replication, i < masters_ ? replicas : "master_link_status:up") || has(nodes, "fail") ||
            known != size() - masters_ || !has(servers_[i]->text({"CLUSTER", "INFO"}), "cluster_state:ok"))
            return false;
    }
    return true;
}

size_t Cluster::first_owner(const std::string& key) const {
    const auto slot = static_cast<size_t>(servers_[0]->command({"CLUSTER", "KEYSLOT", key}).integer);
    size_t owner = 0;
    while (slot >= (owner + 1) * slots / masters_) ++owner;
    return owner;
}

std::string Cluster::uri() const {
    std::string seeds;
    for (const auto& server : servers_)
        seeds += fmt::format("{}127.0.0.1:{}", seeds.empty() ? "" : "+", server->port());
    return "cluster://" + seeds;
}

} // namespace holdfast::test
