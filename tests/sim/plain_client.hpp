// A client that is not holdfast: SET NX PX on all nodes, a majority, and compare-and-delete with a random value. It
// listens to nothing, waits in no queue, and has a number that nobody compares. It knows no restart guard, so it is in
// no history in which nodes forget.
#pragma once

#include "sim/draw.hpp"
#include "sim/oracle.hpp"
#include "sim/server.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::sim {

class PlainClient {
  public:
    PlainClient(World& world, Oracle& oracle, const std::vector<std::unique_ptr<Server>>& servers, const Plan& plan,
                const PlainPlan& own)
        : world_{world}, oracle_{oracle}, servers_{servers}, plan_{plan}, own_{own} {}

    /// Tries, and tries again, until it has had the lock or no fault happens any more.
    void attempt();
    bool won() const { return won_; }

  private:
    void decide();
    void release();
    void send(const std::function<void(Server&)>& request);

    World& world_;
    Oracle& oracle_;
    const std::vector<std::unique_ptr<Server>>& servers_;
    const Plan& plan_;
    const PlainPlan& own_;
    std::string value_;
    Instant began_{};
    size_t granted_ = 0;
    bool won_ = false;
};

} // namespace holdfast::sim
