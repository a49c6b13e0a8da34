// All that a node does, as it says itself (MONITOR), and whether it ever changed or deleted a key for somebody else
// than its holder (I3).
#pragma once

#include "support/process.hpp"
#include "support/redis_server.hpp"

#include <string>
#include <vector>

namespace holdfast::test {

class Monitor {
  public:
    /// Writes into that file of the folder. Returns when it sees all that comes.
    Monitor(const RedisServer& server, const TempDir& folder, const std::string& file);

    /// Judged by the lock's key alone, of what was done by scripts: a sentence for each.
    std::vector<std::string> foreign_changes(std::string_view key) const;

  private:
    const TempDir& folder_;
    std::string file_;
    Process process_;
};

} // namespace holdfast::test
