// The guarded command, and its guard: a process of its own that stops the command on schedule when its holder does not,
// because it is stopped or dead. A telling of process/guard.cpp in virtual time; the arithmetic is the real one.
#pragma once

#include "base/live_deadline.hpp"
#include "process/stop_times.hpp"
#include "sim/process.hpp"

#include <functional>

namespace holdfast::sim {

class Command {
  public:
    struct Nature {
        nanoseconds lasts{};
        nanoseconds obeys_after{}; ///< from SIGTERM to its end; never: it does not
        nanoseconds dies_after{};  ///< from SIGKILL to its end
    };
    Command(Process& holder, const LiveDeadline& deadline, StopTimes times, Nature nature, std::function<void()> ended);

    bool runs() const { return runs_; }
    /// Becomes readable for the holder when it has ended.
    int ended_fd() const { return ended_fd_; }
    void terminate();
    void kill();
    bool told() const { return told_; }
    /// The guard has noticed that the holder is dead.
    void orphaned();

  private:
    void end();
    void guard();
    BootTime now() const { return holder_.boot_now(); }
    Instant when(BootTime at) const { return holder_.boot().when(at.time_since_epoch()); }

    Process& holder_;
    const LiveDeadline& deadline_;
    StopTimes times_;
    Nature nature_;
    std::function<void()> ended_;
    int ended_fd_;
    bool runs_ = true;
    bool told_ = false;
    std::optional<BootTime> lost_; ///< as far as the guard has noticed
};

} // namespace holdfast::sim
