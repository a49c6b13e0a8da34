// Inspect reads all that a node knows of a lock.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/node_reply.hpp"

namespace holdfast {

/// Changes nothing. Verdicts: held, free.
struct Inspect {
    Request script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

} // namespace holdfast
