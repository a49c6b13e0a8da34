// A real Redis Cluster on loopback, in folders of the test's own.
#pragma once

#include "support/redis_server.hpp"

#include <memory>
#include <string>
#include <vector>

namespace holdfast::test {

class Cluster {
  public:
    /// Returns when every server says that the cluster is whole and each replica is in sync. Takes two to four seconds,
    /// because a new server waits two before it takes writes. The masters share the slots in equal parts, in order.
    /// `options` go to each server.
    explicit Cluster(size_t masters = 3, size_t replicas_each = 0, milliseconds node_timeout = seconds{2},
                     const std::vector<std::string>& options = {});

    /// First the masters; the replicas of master m follow at masters + m, 2 * masters + m and so on.
    RedisServer& operator[](size_t i) { return *servers_[i]; }
    size_t size() const { return servers_.size(); }
    size_t masters() const { return masters_; }

    /// Which of the first masters had the key's slot in the beginning.
    size_t first_owner(const std::string& key) const;
    /// The name of server i in the cluster.
    std::string id(size_t i) const { return servers_[i]->text({"CLUSTER", "MYID"}); }
    /// cluster:// with the address of each server.
    std::string uri() const;

  private:
    void join() const;
    void start_server(std::vector<std::string> options);
    void share_slots() const;
    void add_replicas() const;
    bool all_met() const;
    bool whole() const;

    size_t masters_;
    std::vector<int> bus_ports_;
    std::vector<std::unique_ptr<RedisServer>> servers_;
};

} // namespace holdfast::test
