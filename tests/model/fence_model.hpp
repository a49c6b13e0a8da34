// A model of how fence numbers are agreed on: every history of two attempts to take one lock on three nodes.
//
// - Nothing has a time-out. A request or an answer that never arrives was lost, and a client that does not go on has
//   given up. Messages keep their order on a connection and nowhere else.
// - A key expires at any time, also under a holder that believes in it. That matters only when another key takes
//   its place, so it happens then. A release is no more than an expiry.
// - A node accepts any small number above its fence, whatever the clocks say and however it bounds a proposal. All
//   that a third attempt does to these two is to make a key expire or to raise a fence before a grant, so two are
//   enough: what is claimed is about pairs of winners.
// - Of two attempts one may be to share the lock. Then numbers are even and odd as those of holdfast; without such an
//   attempt they are all alike. Others that share the lock with it may raise the number of a node that it holds. Two
//   that share the lock are not compared: nothing is claimed of them.
// - "Held" and "not ours" change nothing that a client knows about numbers: they are answers that do not come.
// - A winner restores its key on any node at any time.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::model {

using Number = uint8_t; ///< a fence number; 0: none

constexpr size_t node_count = 3;
constexpr int majority = 2;
constexpr Number raises = 2; ///< how often an attempt tries to make its answers equal

#ifdef __SANITIZE_THREAD__ // too slow for more, and there is only one thread here
constexpr Number highest_proposal = 2;
#else
constexpr Number highest_proposal = 3; ///< a node goes above it only by one
#endif

/// What the protocol demands. Without any of these a claim is false.
struct Demands {
    bool raise_needs_own_key = true;  ///< a node raises its fence only for the record that it holds
    bool late_grants_count = true;    ///< a grant above T that is heard before T has won needs another T
    bool lease_checked_at_end = true; ///< who has its number still has the key on a quorum of those it heard from
    bool fence_survives = true;       ///< no node forgets its number
    bool shared_are_odd = true;       ///< a shared holder's number is not that of the exclusive one before it
};

/// What is claimed of any two winners. A win is the moment when the client knows that a quorum has its number.
enum class Claim {
    unique,        ///< their numbers differ
    later_on_node, ///< where their quorums meet, whoever was granted the key later has the larger number
    later_to_win,  ///< whoever wins later has the larger number
};

struct SearchResult {
    size_t states = 0;
    std::vector<std::string> broken_by{}; ///< the shortest history that breaks a claim; none: all of them hold
};

/// Looks at every state that can be reached, until one breaks a claim.
/// `shared`: which of the two attempts, if any, is to share the lock; A is granted something first.
SearchResult search(const Demands&, const std::vector<Claim>&, std::array<bool, 2> shared = {});

} // namespace holdfast::model
