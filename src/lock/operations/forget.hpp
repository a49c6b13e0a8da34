// Forget removes the mark of a success.
#pragma once

#include "lock/lock_key.hpp"
#include "lock/operations/node_reply.hpp"
#include "lock/operations/script.hpp"

namespace holdfast {

/// Deletes the mark, so that a run with --once-in is not skipped for it. The answer has the mark that was there.
/// A key of another type, which is no mark, stays. Verdict: forgotten.
struct Forget {
    ScriptCall script(const LockKey&) const;
    Exchange transaction(const LockKey&) const;
};

} // namespace holdfast
