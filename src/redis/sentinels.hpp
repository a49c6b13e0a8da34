// Asks the Sentinels of a group which server is the master, and so the node.
//
// In a Sentinel failover there are two masters for a while. The new one grants for up to a second before any Sentinel
// names it, and the old one goes on granting for ten seconds. So a grant counts only if a majority of the group names
// the server, and all Sentinels that answer name it and see no failover: the Sentinel that leads a failover sees it
// before the promotion, and the others name the new master a second before the leader does. "All" are the Sentinels of
// the node's URI and those that these name.
#pragma once

#include "redis/locator.hpp"
#include "redis/node_set.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// What one Sentinel says of the master.
struct Naming {
    HostPort master;
    bool quiet = false;    ///< the Sentinel sees no failover and no trouble: its only flag is "master"
    int64_t others = 0;    ///< how many other Sentinels this one knows
    milliseconds chosen{}; ///< for how long the server has been the master, at least
    int64_t epoch = 0;     ///< of the group's configuration; the larger one is newer
};

/// What a Sentinel says in the answer to SENTINEL MASTER; nothing if it names no host and port.
std::optional<Naming> naming(const Reply&);

class Sentinels final : public Locator {
  public:
    Sentinels(const Node&, milliseconds node_timeout);

    Found find(const Wish&, int interrupt) override;
    void wait(bool follow, int interrupt) override;

  private:
    /// Adds the Sentinels that the answer to SENTINEL SENTINELS names and that are not known yet, up to a limit.
    void add_named(const Reply& sentinels);
    bool knows(const std::string& id, const HostPort&) const;
    /// Forgets all Sentinels but those of the URI. Sentinels whose addresses change would otherwise be known at more
    /// and more addresses at which they are no longer.
    void forget_named();
    /// Notes the ids of the Sentinels that have answered.
    void note_ids(const Answers&);
    Found judge(const Answers&);
    /// Why no Sentinel names a master: by `refused`, an error that one of them has answered, or else by how the others
    /// have failed.
    NodeFailure why_none(const std::string& refused, const Answers&) const;

    std::string master_; ///< the group's name
    Access access_;
    std::vector<Node> seeds_;
    NodeSet sentinels_;
    std::vector<std::string> ids_; ///< of sentinels_, by which they tell each other apart; empty: not known
    size_t group_ = 0;             ///< how many Sentinels there are, as far as they knew last
    int64_t epoch_ = 0;            ///< of the place that was found last
    bool leaves_ = false;          ///< of the place that was found last
    bool found_before_ = false;
};

} // namespace holdfast
