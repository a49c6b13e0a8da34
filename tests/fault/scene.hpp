// The run of one repetition, and what can be seen of it and done to it from outside.
#pragma once

#include "fault/draw.hpp"
#include "fault/meeting.hpp"
#include "fault/monitor.hpp"
#include "fault/proxy.hpp"
#include "support/holdfast.hpp"
#include "support/temp_dir.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::test {

/// That the runs here lock.
constexpr std::string_view locked_key = "holdfast:x";

class Scene {
  public:
    /// Servers, and proxies where they are drawn.
    explicit Scene(const Draw& draw);
    /// The run.
    void start();
    /// Returns when its command beats and the first node holds the lock.
    void wait_for_command();
    /// Returns when the first node holds the lock.
    void wait_for_record();

    /// holdfast run --node URIS …; with a rule left out, if one is to be.
    static std::vector<std::string> run_on(const std::string& uris, std::vector<std::string> words);

    RedisServers& servers() { return servers_; }
    Process& run() { return *run_; }
    const Draw& draw() const { return draw_; }
    /// The strike that was drawn comes too late.
    void spare() { draw_.strike = Strike::none; }
    const TempDir& folder() const { return dir_; }

    /// Between the run and all its nodes, or those that were chosen.
    void meddle(const Meddling& meddling);
    /// Between the harness and the proxies.
    Meeting& meeting() { return meeting_; }

    /// Somebody who waits for the same lock and ends with 0 when it is free and the kernel agrees that it is.
    Process rival(const std::string& way = "once") const;

    /// The last sign of life of that process; the beginning of time when there was none.
    BootTime last_beat(const std::string& who) const;
    /// ... of anything in the command's group.
    BootTime last_beat() const;
    bool beats_on(const std::string& who) const;

    /// When a quorum will not hold the key any more, as the nodes themselves say now or have said last; they must
    /// answer.
    BootTime forgotten_at();
    /// How many nodes hold the key for this run, of those that were not left out.
    size_t holding();
    /// What happens on the way happens to that node alone, or to all that were chosen.
    void choose(size_t node) { chosen_[node] = true; }
    /// Chosen, and what it does itself counts for nothing.
    void leave_out(size_t node) { chosen_[node] = left_out_[node] = true; }
    bool left_out(size_t node) const { return left_out_[node]; }

    /// Of a nested one the outermost holdfast inside.
    pid_t command() const { return command_; }
    pid_t guard() const;
    /// Each holdfast, outermost first, and each guard.
    std::vector<pid_t> holdfasts_and_guards() const;
    /// Whether something of the command's group lives: zombies do not, as those of a stopped holdfast.
    bool group_alive() const;
    /// The members that live, as /proc shows them.
    std::string group_text() const;
    /// Whether the kernel knows no process of that group any more. Reaps those that have come to us.
    bool group_gone() const;
    /// Tells the command to end by itself.
    void end_command() const;

    /// What a node did to a key that was not its caller's.
    std::vector<std::string> foreign_changes() const;

  private:
    void fail_a_minority();
    void restart_guard_on();
    std::vector<std::string> words() const;
    std::string uris() const;

    Draw draw_;
    TempDir dir_;
    RedisServers servers_;
    std::vector<std::unique_ptr<Monitor>> monitors_;
    Meeting meeting_;
    std::vector<std::unique_ptr<Proxy>> proxies_;
    std::optional<Process> run_;
    pid_t command_ = 0;
    std::string record_;
    std::vector<BootTime> key_ends_; ///< by node
    std::vector<bool> chosen_;
    std::vector<bool> left_out_;
};

} // namespace holdfast::test
