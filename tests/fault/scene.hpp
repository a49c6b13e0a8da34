// The run of one repetition, and what can be seen of it and done to it from outside.
#pragma once

#include "fault/draw.hpp"
#include "support/holdfast.hpp"
#include "support/temp_dir.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast::test {

class Scene {
  public:
    /// Servers, and a command that beats.
    explicit Scene(const Draw& draw);

    RedisServers& servers() { return servers_; }
    Process& run() { return run_; }
    const Draw& draw() const { return draw_; }

    /// Somebody who waits for the same lock and ends with 0 when it is free and the kernel agrees that it is.
    Process rival() const;

    /// The last sign of life of that process; the beginning of time when there was none.
    BootTime last_beat(const std::string& who) const;
    /// ... of anything in the command's group.
    BootTime last_beat() const;
    bool beats_on(const std::string& who) const;

    /// When a quorum will not hold the key any more, as the nodes themselves see it; they must answer.
    BootTime forgotten_at();
    /// How many nodes hold the key for this run, of those that were not left out.
    size_t holding();
    /// That node has failed on its own.
    void leave_out(size_t node) { left_out_ = node; }

    pid_t command() const { return command_; }
    pid_t guard() const;
    /// Whether something of the command's group lives: zombies do not, as those of a stopped holdfast.
    bool group_alive() const;
    /// The members that live, as /proc shows them.
    std::string group_text() const;
    /// Whether the kernel knows no process of that group any more. Reaps those that have come to us.
    bool group_gone() const;
    /// Tells the command to end by itself.
    void end_command() const;

  private:
    std::vector<std::string> words() const;
    std::vector<pid_t> children_of_run() const;

    Draw draw_;
    TempDir dir_;
    RedisServers servers_;
    Process run_;
    pid_t command_ = 0;
    std::string record_;
    std::optional<size_t> left_out_;
};

/// Does the drawn fault to the scene. Returns a moment after which no node has granted a renewal; of no meaning where
/// the lock lives on.
BootTime inject(Scene& scene);
/// Undoes what can be undone, after the end of the lease.
void heal(Scene& scene);

} // namespace holdfast::test
