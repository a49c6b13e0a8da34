// A lock with a set of nodes of its own.
#pragma once

#include "lock/lock.hpp"

#include <memory>
#include <utility>

namespace holdfast::test {

struct OwnNodes {
    std::unique_ptr<NodeSet> set;
};

class SoleLock final : private OwnNodes, public Lock {
  public:
    SoleLock(NodeSet nodes, LockKey key, LockTerms terms, Holder self)
        : OwnNodes{std::make_unique<NodeSet>(std::move(nodes))}, Lock{*set, std::move(key), terms, std::move(self)} {}
};

} // namespace holdfast::test
