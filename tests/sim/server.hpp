// A simulated node: one Redis with a clock of its own, which hangs, dies, forgets and comes back.
#pragma once

#include "sim/network.hpp"
#include "sim/node_state.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace holdfast::sim {

class Oracle;

class Server {
  public:
    Server(World& world, Oracle& oracle, Faults& faults, size_t index, Clock clock, LockKey key, bool remembers);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    size_t index() const { return index_; }
    bool up() const { return up_; }
    uint64_t epoch() const { return epoch_; }
    const Clock& clock() const { return clock_; }
    milliseconds time() const { return std::chrono::floor<milliseconds>(clock_.at(world_.now())); }
    NodeState& state() { return state_; }
    World& world() const { return world_; }
    Faults& faults() const { return faults_; }

    /// Accepts connections and does nothing else until then.
    void hang_until(Instant);
    /// Has no memory for anything new until then.
    void full_until(Instant);
    /// Loses the key, or everything, and does not restart.
    void lose_key(bool everything);
    /// Its connections break, and it comes back after a while. What it forgets it had granted.
    void die(nanoseconds down, bool forgets);

    // What a client asks that is not holdfast.
    bool set_if_free(const std::string& value, milliseconds lasts);
    void delete_if(const std::string& value);
    bool answers() const { return up_ && hangs_until_ <= world_.now(); }

    void accept(const std::shared_ptr<Socket>&);
    void receive(const std::shared_ptr<Socket>&, const std::shared_ptr<const Task>&);

  private:
    void go_on();
    void execute(const std::shared_ptr<Socket>&, const Task&);
    Introduction introduction() const;
    void publish(const std::vector<Published>&);

    World& world_;
    Oracle& oracle_;
    Faults& faults_;
    size_t index_;
    Clock clock_;
    LockKey key_;
    bool remembers_;
    bool up_ = true;
    uint64_t epoch_ = 0;
    Instant started_;
    Instant hangs_until_{};
    Instant full_until_{};
    std::vector<std::pair<std::shared_ptr<Socket>, std::shared_ptr<const Task>>> backlog_; ///< what came meanwhile
    NodeState state_;
    std::vector<std::shared_ptr<Socket>> sockets_;
};

} // namespace holdfast::sim
