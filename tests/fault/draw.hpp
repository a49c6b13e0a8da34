// What one repetition of the fault run does, drawn from its seed: the same seed draws the same.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::test {

enum class Fault {
    supervisor_killed,
    supervisor_stopped,
    guard_killed,
    both_killed,
    nodes_hang,
    nodes_hang_briefly,
    nodes_silent,
    nodes_restarted,
    flushall,
    key_deleted,
    key_overwritten,
    connections_closed,
    minority_fails,
};

struct FaultTraits {
    const char* name;
    /// holdfast's own status that the manual promises.
    int status;
    /// Somebody takes the lock away: then the command may overlap with the next holder's, for a while.
    bool by_force = false;
};

constexpr std::array<FaultTraits, 13> faults{{
    {"supervisor-killed", 137},
    {"supervisor-stopped", 79},
    {"guard-killed", 0},
    {"both-killed", 137},
    {"nodes-hang", 79},
    {"nodes-hang-briefly", 0},
    {"nodes-silent", 79},
    {"nodes-restarted", 79, true},
    {"flushall", 79, true},
    {"key-deleted", 79, true},
    {"key-overwritten", 79, true},
    {"connections-closed", 0},
    {"minority-fails", 0},
}};

/// The commands: how the probe behaves. All but the first ignore SIGTERM.
constexpr std::array<const char*, 6> commands{"plain", "stubborn", "stop", "fork", "daemon", "full-pipe"};

struct Draw {
    uint64_t seed = 0;
    Fault fault{};
    size_t nodes = 1;
    std::string command;
    milliseconds ttl{};
    milliseconds grace{};
    milliseconds after{}; ///< from the command's first sign of life to the fault
    unsigned detail = 0;  ///< for what else a fault has to choose

    const FaultTraits& traits() const { return faults[static_cast<size_t>(fault)]; }
    /// All of it in a line.
    std::string text() const;
};

/// Neighbouring seeds go through all faults, each with one node and with three; the rest is random. What is given is
/// not drawn.
Draw draw(uint64_t seed, std::optional<Fault> fault, std::optional<size_t> nodes);

} // namespace holdfast::test
