// What happens in a history, drawn from its seed before it begins. All faults are inside the model that README.md
// promises for: clocks that differ in rate by no more than --drift, memory lost by restarts of three or more nodes
// only, a command that is gone soon after SIGKILL. Where one node of a quorum loses a key by other means, what is
// promised is that the holder finds out (Invariant::loss); where a command cannot be killed, that its lock outlives it
// as long as nothing else fails.
#pragma once

#include "lock/lock.hpp"
#include "sim/command.hpp"
#include "sim/network.hpp"

#include <optional>
#include <vector>

namespace holdfast::sim {

struct NodePlan {
    Clock clock;
    bool remembers = false; ///< appendfsync always, and its URI says so
};

struct ContenderPlan {
    Instant begins{};
    Clock boot;
    Clock wall;
    LockKind kind{};
    std::optional<milliseconds> patience{}; ///< as --wait; nothing: as long as it takes; 0: -n
    milliseconds min_hold{};
    Command::Nature command;
    /// After so long its command is to end, as --max-hold or a second SIGTERM has it: no loss.
    std::optional<milliseconds> max_hold{};
    std::optional<Instant> interrupted_at{};
    std::optional<Instant> killed_at{};
    struct Stop {
        Instant at;
        unsigned point; ///< 0: then, wherever it waits; otherwise at that scheduling point from then on
        nanoseconds lasts;
    };
    std::vector<Stop> stops{};
};

/// A client that is not holdfast.
struct PlainPlan {
    Instant begins{};
    nanoseconds lasts{};
};

struct NodeFault {
    enum class Kind { hangs, dies, forgets, full } kind;
    Instant at;
    size_t node;
    nanoseconds lasts;
};

struct Stall {
    Instant at;
    size_t contender;
    size_t node;
    nanoseconds lasts;
    bool loses;
};

/// An operator takes the lock away.
struct RevocationPlan {
    Instant at;          ///< not before
    bool from_whom_wins; ///< from whoever is just being granted it; otherwise from who holds it then
    bool whole_group;    ///< of a group from all members at once, as earlier versions do
    nanoseconds delay{};
    unsigned dawdles_at = 0; ///< the winner is stopped at its n-th scheduling point after the grant; 0: at none
    nanoseconds dawdles{};
    ContenderPlan operator_plan{};
};

/// Of whoever wins first a node loses the key, and does not restart.
struct KeyLoss {
    nanoseconds delay{};     ///< since a quorum has granted
    unsigned which = 0;      ///< of the nodes that have granted
    bool everything = false; ///< FLUSHALL; otherwise DEL
    unsigned dawdles_at = 0; ///< the winner is stopped at its n-th scheduling point after the grant; 0: at none
    nanoseconds dawdles{};
};

struct Plan {
    LockTerms terms{};
    std::vector<NodePlan> nodes{};
    std::vector<ContenderPlan> contenders{};
    std::vector<PlainPlan> plain_clients{};
    Link link{};
    std::vector<NodeFault> node_faults{};
    std::vector<Stall> stalls{};
    std::optional<RevocationPlan> revocation{};
    std::optional<KeyLoss> key_loss{};
    /// All else is well when the key is lost, so that the holder has to find out in time.
    bool finds_out = false;
    bool clocks_agree = true; ///< wall clocks, to a few milliseconds
    bool calm = true;         ///< the network and the nodes do no harm
    Instant heals_at{};       ///< no faults from then on
    Instant ends_at{};        ///< whoever has not got the lock by then never will
};

Plan draw(uint64_t seed);

} // namespace holdfast::sim
