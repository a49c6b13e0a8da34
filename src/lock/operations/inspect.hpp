// Inspect reads all that a node knows of a lock.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/node_reply.hpp"
#include "lock/operations/script.hpp"

#include <string>

namespace holdfast {

/// Changes nothing. Of the members of a group the answer names those that end last, and that of `run` in any case.
/// Verdicts: held, free.
struct Inspect {
    std::string run{};

    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

} // namespace holdfast
