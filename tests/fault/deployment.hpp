// What stands behind a node in production: a master with replicas that are found by Sentinels, in a cluster, or behind
// a balancer.
#pragma once

#include "fault/draw.hpp"
#include "support/redis_server.hpp"

#include <memory>
#include <string>
#include <vector>

namespace holdfast::test {

class Deployment {
  public:
    virtual ~Deployment() = default;

    virtual std::string uri() const = 0;
    /// The master at first, and its replicas.
    virtual RedisServer& master() = 0;
    virtual std::vector<RedisServer*> replicas() = 0;
    /// As an administrator does it.
    virtual void plan_failover() = 0;
    /// Returns when all who say where the master is say the same, and no failover is under way.
    virtual void settle() = 0;
    /// Whether what fails over has noticed that its time stood still, and has done nothing for that reason.
    virtual bool lost_time() const { return false; }
};

/// Of Sentinels, in a cluster or behind a balancer, as the fault has it. Takes some seconds.
std::unique_ptr<Deployment> deploy(const Draw&);
/// Why there is none here; empty when there is.
std::string not_deployable(Fault);

} // namespace holdfast::test
