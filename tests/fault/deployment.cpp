#include "fault/deployment.hpp"

#include "fault/scene.hpp"
#include "support/cluster.hpp"
#include "support/sentinels.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace holdfast::test {
namespace {

void wait_until(const std::function<bool()>& condition, const char* otherwise) {
    if (!eventually(condition)) throw std::runtime_error{otherwise};
}

class SentinelGroup final : public Deployment {
  public:
    explicit SentinelGroup(size_t leader) : leader_{leader % Sentinels::count} {}

    std::string uri() const override { return group_.uri(); }
    RedisServer& master() override { return group_[0]; }
    std::vector<RedisServer*> replicas() override { return {&group_[1], &group_[2]}; }
    void plan_failover() override {
        if (group_.ask(leader_, {"SENTINEL", "FAILOVER", Sentinels::master_name}) != "OK\n")
            throw std::runtime_error{"a Sentinel does not begin a failover"};
    }
    void settle() override {
        wait_until([&] { return group_.agree(); }, "the Sentinels do not agree");
    }
    bool lost_time() const override { return group_.lost_time(); }

  private:
    size_t leader_;
    Sentinels group_{seconds{2}};
};

class Shard final : public Deployment {
  public:
    std::string uri() const override { return cluster_.uri(); }
    RedisServer& master() override { return cluster_[owner_]; }
    std::vector<RedisServer*> replicas() override { return {&cluster_[owner_ + cluster_.masters()]}; }
    void plan_failover() override {
        wait_until(
            [&] {
                return replicas().front()->text({"CLUSTER", "FAILOVER"}) == "OK";
            },
            "a replica does not begin a failover");
    }
    void settle() override {
        wait_until(
            [&] {
                return has(replicas().front()->text({"CLUSTER", "INFO"}), "cluster_state:ok");
            },
            "the cluster does not become whole");
    }

  private:
    Cluster cluster_{3, 1};
    size_t owner_ = cluster_.first_owner(std::string{locked_key});
};

/// haproxy, which goes by the role that each of two servers says it has.
class Balanced final : public Deployment {
  public:
    explicit Balanced(bool by_replicaof)
        : by_replicaof_{by_replicaof}, replica_{{"--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1",
                                                 fmt::format("{}", master_.port())},
                                                RedisServer::Listens::loopback} {
        wait_until(
            [&] {
                return has(replica_.text({"INFO", "replication"}), "master_link_status:up");
            },
            "a replica does not get in sync");
        start_balancer();
    }

    std::string uri() const override { return fmt::format("redis://127.0.0.1:{}", port_); }
    RedisServer& master() override { return master_; }
    std::vector<RedisServer*> replicas() override { return {&replica_}; }
    void plan_failover() override {
        if (!by_replicaof_) {
            if (master_.text({"FAILOVER"}) != "OK") throw std::runtime_error{"the master does not begin a failover"};
            return;
        }
        replica_.command({"REPLICAOF", "NO", "ONE"});
        master_.command({"REPLICAOF", "127.0.0.1", fmt::format("{}", replica_.port())});
    }
    /// New connections go to the servers in turn, as long as both are taken for masters.
    void settle() override {
        wait_until([&] { return leads_to_master() && leads_to_master() && leads_to_master() && leads_to_master(); },
                   "the balancer leads to a replica");
    }

  private:
    void start_balancer() {
        const auto config = folder_.write(
            "haproxy.cfg", fmt::format("defaults\n mode tcp\n timeout connect 1s\n timeout client 1h\n"
                                       " timeout server 1h\n"
                                       "listen redis\n bind 127.0.0.1:{}\n option tcp-check\n tcp-check connect\n"
                                       " tcp-check send info\\ replication\\r\\n\n"
                                       " tcp-check expect string role:master\n"
                                       " default-server inter 200ms fall 2 rise 1 on-marked-down shutdown-sessions\n"
                                       " server a 127.0.0.1:{} check\n server b 127.0.0.1:{} check\n",
                                       port_, master_.port(), replica_.port()));
        balancer_.emplace(std::vector<std::string>{"haproxy", "-db", "-f", config},
                          ProcessOptions{.in_child = [] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }});
        settle();
    }
    bool leads_to_master() const {
        return finish({"redis-cli", "-p", fmt::format("{}", port_), "ROLE"}).out.starts_with("master\n");
    }

    bool by_replicaof_;
    TempDir folder_;
    RedisServer master_{{"--repl-diskless-sync-delay", "0"}, RedisServer::Listens::loopback};
    RedisServer replica_;
    int port_ = free_port();
    std::optional<Process> balancer_;
};

} // namespace

std::unique_ptr<Deployment> deploy(const Draw& draw) {
    switch (draw.fault) {
    case Fault::cluster_failover:
    case Fault::cluster_master_killed:
    case Fault::cluster_master_hangs: return std::make_unique<Shard>();
    case Fault::balancer_failover: return std::make_unique<Balanced>(draw.detail % 2 == 0);
    default: return std::make_unique<SentinelGroup>(draw.detail);
    }
}

std::string not_deployable(Fault fault) {
    if (fault != Fault::balancer_failover || finish({"sh", "-c", "command -v haproxy"}).status() == 0) return {};
    return "no haproxy";
}

} // namespace holdfast::test
