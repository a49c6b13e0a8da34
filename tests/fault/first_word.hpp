// When the first Sentinel of a group says that the master is another, as a client hears it.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "support/sentinels.hpp"

#include <vector>

namespace holdfast::test {

class FirstWord {
  public:
    /// Returns when all Sentinels will tell.
    explicit FirstWord(const Sentinels&);
    /// Returns when one of them has told. Throws when none does within patience.
    BootTime wait() const;

  private:
    std::vector<Fd> ears_;
};

} // namespace holdfast::test
