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
    const StopTimes::Lease valid_until = deadline_.at();
    if (now() >= times_.guard_kill_at(valid_until)) return kill();
    if (now() >= times_.guard_term_at(valid_until)) terminate();
    const BootTime next = told_ ? times_.guard_kill_at(valid_until) : times_.guard_term_at(valid_until);
    holder_.world().at(when(next), [this] { guard(); });
}

void Command::orphaned() {
    if (!runs_) return;
    terminate();
    holder_.world().at(when(times_.kill_at(deadline_.at(), now())), [this] { kill(); });
}

} // namespace holdfast::sim
