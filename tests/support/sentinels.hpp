// A real Sentinel group on loopback: a master, two replicas and three Sentinels, in folders of the test's own.
#pragma once

#include "support/redis_server.hpp"

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::test {

class Sentinels {
  public:
    static constexpr size_t count = 3;
    static constexpr const char* master_name = "m";

    /// Returns when both replicas are in sync, and each Sentinel knows the two others and both replicas. `options` go
    /// to each server, `lines` into the configuration of each Sentinel. The quorum is 2.
    explicit Sentinels(milliseconds down_after = seconds{1}, const std::vector<std::string>& options = {},
                       const std::vector<std::string>& lines = {});

    /// The servers: 0 is the master at first.
    RedisServer& operator[](size_t i) { return *servers_[i]; }
    size_t size() const { return servers_.size(); }
    /// Which server the Sentinel calls the master; nothing while the Sentinel names none of them.
    std::optional<size_t> master(size_t sentinel = 0) const;

    /// Whether all Sentinels name one master and are done with the failover; one that has ended names none.
    bool agree() const;
    /// Lets no replica follow the first master from now on. The replicas go on answering.
    void cut_off_replicas();

    /// Whether a Sentinel has noticed that its time stood still for over two seconds or went back, as in a virtual
    /// machine that was paused. It then does nothing for thirty seconds (TILT).
    bool lost_time() const;

    int port(size_t sentinel) const { return sentinels_[sentinel]->port; }
    /// The Sentinel's process, to be stopped and killed.
    Process& process(size_t sentinel) { return *sentinels_[sentinel]->process; }
    /// What redis-cli shows of the Sentinel's answer, as plain lines.
    std::string ask(size_t sentinel, std::vector<std::string> words) const;
    /// sentinel:// with the address of each Sentinel.
    std::string uri() const;

  private:
    struct Sentinel {
        TempDir folder{};
        int port = 0;
        std::unique_ptr<Process> process{};
    };

    void start_sentinel(Sentinel&, milliseconds down_after, const std::vector<std::string>& lines) const;

    std::vector<std::unique_ptr<RedisServer>> servers_;
    std::vector<std::unique_ptr<Sentinel>> sentinels_;
};

} // namespace holdfast::test
