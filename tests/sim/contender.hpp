// A simulated `holdfast run`: waits for the lock with the real lock/waiter and holds it with the real lock/hold around
// a simulated command, which the real process/stopping stops. What cli/commands/run.cpp and process/supervisor.cpp do
// between them with real processes is done here with simulated ones.
#pragma once

#include "base/live_deadline.hpp"
#include "base/poller.hpp"
#include "lock/hold.hpp"
#include "lock/waiter.hpp"
#include "sim/command.hpp"
#include "sim/draw.hpp"
#include "sim/oracle.hpp"
#include "sim/process.hpp"

#include <optional>
#include <string>

namespace holdfast::sim {

class Contender {
  public:
    enum class State { not_begun, waiting, holding, over };

    Contender(World& world, Oracle& oracle, size_t index, const Plan& plan, const ContenderPlan& own);
    Contender(const Contender&) = delete;
    Contender& operator=(const Contender&) = delete;

    Process& process() { return process_; }
    const Process& process() const { return process_; }
    State state() const { return state_; }
    const ContenderPlan& plan() const { return own_; }
    size_t index() const { return index_; }
    /// When its last wait ended in a win.
    std::optional<Instant> won_at() const { return won_at_; }
    /// Of the last attempt, when it is over and did not win.
    std::optional<Outcome> refused() const { return refused_; }
    const std::string& run() const { return run_; }
    const std::string& token() const { return token_; }
    bool kept() const { return kept_; }
    bool was_lost() const { return was_lost_; }
    /// Its command was run.
    bool ran() const { return command_.has_value(); }

    void begin();
    void interrupt() { process_.set_readable(interrupt_, true); }
    void kill();

  private:
    void live();
    void hold(Lock&);
    void supervise(Hold&);
    void over();
    LiveDeadline::Watch watch();
    Instant true_time(BootTime at) const { return process_.boot().when(at.time_since_epoch()); }

    World& world_;
    Oracle& oracle_;
    size_t index_;
    const Plan& plan_;
    const ContenderPlan& own_;
    StopTimes times_;
    Process process_;
    int interrupt_;
    State state_ = State::not_begun;
    std::string run_;
    std::string token_;
    std::optional<Instant> won_at_;
    std::optional<Outcome> refused_;
    // What the guard and the command see also when the process is dead.
    std::optional<LiveDeadline> deadline_;
    std::optional<Command> command_;
    Poller poller_;
    bool was_lost_ = false;
    bool kept_ = false;
};

/// The configured nodes, as node_set.hpp wants them.
std::vector<Node> nodes_of(const Plan&);
const LockKey& the_key();

} // namespace holdfast::sim
