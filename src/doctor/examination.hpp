// Asks the nodes all that doctor wants to know. What it means is for doctor/judgement.hpp.
//
// On each node a lock of its own is really taken, extended and released, as run would do it and by transaction; its
// keys are removed again, and would expire otherwise. A node that is down, hangs or talks nonsense costs the time that
// a connection and one answer may take. A node that has answered once is asked for two node timeouts and a second more;
// a trial for which there was no time is untried. Main thread.
#pragma once

#include "lock/lock.hpp"
#include "redis/explain.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

struct Trial {
    enum class Outcome { untried, failed, worked } outcome = Outcome::untried;
    Refusal why{}; ///< failed: what could not be done, and why
};

struct Clock {
    nanoseconds ahead;  ///< of this host's wall clock
    nanoseconds within; ///< the measurement is wrong by this much at most: half the round trip
};

/// Keys without an expiry, where only locks should be.
struct Leftovers {
    std::optional<Refusal> failed{}; ///< why the search has come to no end
    bool complete = false;           ///< all keys were looked at
    size_t count = 0;
    std::vector<std::string> first{}; ///< a few of them
};

/// What one node said.
struct Facts {
    std::string node;                     ///< as displayed
    bool remembers = false;               ///< it is known to forget nothing (Node::remembers)
    bool durable = false;                 ///< our user says so (Node::durable)
    std::optional<NodeFailure> failure{}; ///< it cannot be asked: nothing below is known
    Reply info{};                         ///< to INFO
    Reply config{};                       ///< to CONFIG GET *append*
    std::vector<nanoseconds> latencies{}; ///< of some small requests; never empty
    std::optional<Clock> clock{};         ///< nothing: it does not tell the time
    std::optional<std::string> no_vote{}; ///< why it has none yet, as run would say
    Trial as_run{};                       ///< as run would ask
    bool by_transaction = false;          ///< and that was by transaction, by choice or because scripts are refused
    Trial transaction{};                  ///< by transaction, where as_run was by script
    std::vector<Reply> rights{};          ///< to the probe of doctor/rights.hpp; empty: untried
    bool told = false;                    ///< messages reach us
    std::optional<Leftovers> leftovers{}; ///< nothing: untried, or without a prefix
};

/// `probe` is the name of a lock that no run takes. The names of the nodes are resolved.
std::vector<Facts> examine(NodeSet&, const LockKey& probe, const LockTerms&);

} // namespace holdfast
