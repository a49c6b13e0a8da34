#include "sim/command.hpp"

namespace holdfast::sim {

Command::Command(Process& holder, const LiveDeadline& deadline, StopTimes times, Nature nature,
                 std::function<void()> ended)
    : holder_{holder}, deadline_{deadline}, times_{times}, nature_{nature}, ended_{std::move(ended)},
      ended_fd_{holder.new_fd()} {
    holder_.world().after(nature_.lasts, [this] { end(); });
    guard();
}

void Command::end() {
    if (!runs_) return;
    runs_ = false;
    holder_.world().trace("the command of {} has ended", holder_.name());
    holder_.set_readable(ended_fd_, true);
    ended_();
}

void Command::terminate() {
    if (told_ || !runs_) return;
    told_ = true;
    holder_.world().trace("the command of {} gets SIGTERM", holder_.name());
    if (nature_.obeys_after != never) holder_.world().after(nature_.obeys_after, [this] { end(); });
}

void Command::kill() {
    if (!runs_) return;
    holder_.world().trace("the command of {} gets SIGKILL", holder_.name());
    holder_.world().after(nature_.dies_after, [this] { end(); });
}

void Command::guard() {
    if (!runs_) return;
    if (!lost_ && deadline_.lost()) lost_ = now();
    const StopTimes::Act act = times_.guard_act(deadline_.at(), lost_, told_, now());
    if (act.kill) return kill();
    if (act.term) terminate();
    holder_.world().at(when(act.next), [this] { guard(); });
}

void Command::orphaned() {
    if (!runs_) return;
    terminate();
    holder_.world().at(when(times_.kill_at(deadline_.at(), now())), [this] { kill(); });
}

} // namespace holdfast::sim
