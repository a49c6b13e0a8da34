// What one repetition of the fault run does, drawn from its seed: the same seed draws the same.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::test {

enum class Fault {
    supervisor_killed,
    supervisor_stopped,
    guard_killed,
    both_killed,
    command_killed,
    command_stopped,
    frozen_after_win,
    killed_early,
    waiter_killed,
    waiter_stopped,
    nodes_hang,
    nodes_hang_briefly,
    nodes_silent,
    packets_lost,
    nodes_restarted,
    restarted_with_log,
    flushall,
    key_deleted,
    key_overwritten,
    connections_closed,
    scripts_flushed,
    clients_paused,
    nodes_read_only,
    memory_full,
    disk_full,
    requests_dropped,
    replies_dropped,
    half_open,
    resets_in_reply,
    late_replies,
    slow_then_silent,
    majority_cut_off,
    stalled_to_the_end,
    stalled_briefly,
    delays,
    byte_by_byte,
    release_meddled,
    restarted_in_turn,
    minority_fails,
    minority_meddled,
    quorum_forgets,
    robbed_before_go,
    clock_jumps,
    contention,
    contention_of_kinds,
    sentinel_failover,
    sentinel_master_killed,
    sentinel_master_hangs,
    sentinel_unreplicated,
    cluster_failover,
    cluster_master_killed,
    cluster_master_hangs,
    balancer_failover,
    slot_moves,
    failover_contention,
};

struct FaultTraits {
    const char* name;
    /// holdfast's own status that the manual promises.
    int status;
    /// Somebody takes the lock away: then the command may overlap with the next holder's, for a while.
    bool by_force = false;
    bool proxied = false; ///< on the way between the run and its nodes
    bool mute = false;    ///< no renewal is heard of any more, so that the end of the lease can be struck at
    bool minority = false;
    bool failover = false; ///< another server becomes the node (fault/failover.cpp)
    bool planned = false;  ///< ... because it was asked to
};

constexpr std::array<FaultTraits, 55> faults{{
    {"supervisor-killed", 137},
    {"supervisor-stopped", 79},
    {"guard-killed", 0},
    {"both-killed", 137},
    {"command-killed", 137},
    {"command-stopped", 0},
    {.name = "frozen-after-win", .status = 79, .proxied = true},
    {"killed-early", 137},
    {"waiter-killed", 0},
    {"waiter-stopped", 0},
    {.name = "nodes-hang", .status = 79, .mute = true},
    {"nodes-hang-briefly", 0},
    {.name = "nodes-silent", .status = 79, .mute = true},
    {.name = "packets-lost", .status = 79, .mute = true},
    {"nodes-restarted", 79, true},
    {"restarted-with-log", 0},
    {"flushall", 79, true},
    {"key-deleted", 79, true},
    {"key-overwritten", 79, true},
    {"connections-closed", 0},
    {"scripts-flushed", 0},
    {"clients-paused", 0},
    {.name = "nodes-read-only", .status = 79, .mute = true},
    {"memory-full", 0},
    {.name = "disk-full", .status = 79, .mute = true},
    {.name = "requests-dropped", .status = 79, .proxied = true, .mute = true},
    {.name = "replies-dropped", .status = 79, .proxied = true, .mute = true},
    {.name = "half-open", .status = 79, .proxied = true, .mute = true},
    {.name = "resets-in-reply", .status = 79, .proxied = true, .mute = true},
    {.name = "late-replies", .status = 79, .proxied = true, .mute = true},
    {.name = "slow-then-silent", .status = 79, .proxied = true, .mute = true},
    {.name = "majority-cut-off", .status = 79, .proxied = true, .mute = true},
    {.name = "stalled-to-the-end", .status = 79, .proxied = true},
    {.name = "stalled-briefly", .status = 0, .proxied = true},
    {.name = "delays", .status = 0, .proxied = true},
    {.name = "byte-by-byte", .status = 0, .proxied = true},
    {.name = "release-meddled", .status = 0, .proxied = true},
    {.name = "restarted-in-turn", .status = 79, .minority = true},
    {.name = "minority-fails", .status = 0, .minority = true},
    {.name = "minority-meddled", .status = 0, .proxied = true, .minority = true},
    {.name = "quorum-forgets", .status = 79, .by_force = true, .minority = true},
    {.name = "robbed-before-go", .status = 79, .minority = true},
    {.name = "clock-jumps", .status = 0, .minority = true},
    {.name = "contention", .status = 0},
    {.name = "contention-of-kinds", .status = 0},
    {.name = "sentinel-failover", .status = 0, .failover = true, .planned = true},
    {.name = "sentinel-master-killed", .status = 0, .failover = true},
    {.name = "sentinel-master-hangs", .status = 0, .failover = true},
    {.name = "sentinel-unreplicated", .status = 79, .failover = true},
    {.name = "cluster-failover", .status = 0, .failover = true, .planned = true},
    {.name = "cluster-master-killed", .status = 0, .failover = true},
    {.name = "cluster-master-hangs", .status = 0, .failover = true},
    {.name = "balancer-failover", .status = 0, .failover = true, .planned = true},
    {.name = "slot-moves", .status = 0, .failover = true, .planned = true},
    {.name = "failover-contention", .status = 0, .failover = true, .planned = true},
}};
static_assert(!std::string_view{faults.back().name}.empty() &&
              faults.size() == static_cast<size_t>(Fault::failover_contention) + 1);

/// The commands: how the probe behaves, or how many runs of other locks there are around it. All but the first ignore
/// SIGTERM.
constexpr std::array<const char*, 8> commands{"plain",  "stubborn",  "stop",   "fork",
                                              "daemon", "full-pipe", "nested", "nested-deep"};

/// Where in the protocol a fault comes.
enum class Moment { anytime, renewal_sent, renewal_answered };
/// What happens at the end of a lease that is not renewed any more, on top: when SIGTERM is due, or with all_stalled
/// when SIGKILL is.
enum class Strike {
    none,
    supervisor_stopped,
    supervisor_killed,
    guard_killed,
    all_stalled, ///< each holdfast and each guard stands still for a moment, and they go on in any order
};

struct Draw {
    uint64_t seed = 0;
    Fault fault{};
    size_t nodes = 1;
    std::string command;
    milliseconds ttl{};
    milliseconds grace{};
    milliseconds node_timeout{};
    milliseconds after{}; ///< from the command's first sign of life to the fault
    Moment moment{};
    size_t answers = 0; ///< renewal_answered: by how many nodes
    Strike strike{};
    unsigned detail = 0; ///< for what else a fault has to choose

    const FaultTraits& traits() const { return faults[static_cast<size_t>(fault)]; }
    /// Whether the run reaches its nodes through proxies.
    bool proxied() const { return traits().proxied || moment != Moment::anytime; }
    /// holdfast's own status that the manual promises.
    int status() const { return strike == Strike::supervisor_killed ? 137 : traits().status; }
    bool killed() const { return status() == 137 && fault != Fault::command_killed; }
    bool stopped() const { return fault == Fault::supervisor_stopped || strike == Strike::supervisor_stopped; }
    size_t inner_runs() const { return command == "nested-deep" ? 2 : command == "nested" ? 1 : 0; }
    bool survives() const { return traits().status == 0 || fault == Fault::command_killed; }
    /// All of it in a line.
    std::string text() const;
};

/// Neighbouring seeds go through all faults, each with one node, three and five; the rest is random. What is given is
/// not drawn.
Draw draw(uint64_t seed, std::optional<Fault> fault, std::optional<size_t> nodes);

} // namespace holdfast::test
