// Where a node is, by the system's resolver.
#pragma once

#include "redis/locator.hpp"

namespace holdfast {

/// The place of a host, for whose name the system's resolver is asked for as long as it takes.
Found resolved(const HostPort&);

/// Finds a node whose URI has its host's name.
class Resolver final : public Locator {
  public:
    explicit Resolver(const Node& node) : at_{node.host, node.port} {}
    Found find(const Wish&, int) override { return resolved(at_); }

  private:
    HostPort at_;
};

} // namespace holdfast
