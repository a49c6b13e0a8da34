// The kinds in which a run holds a lock beside other runs.
//
// A node keeps two holders apart if they must not be holders at the same time: an exclusive one and any other, a shared
// one and one with a slot, and two with the same slot. Two quorums share a node, so each of these rules holds over all
// nodes. Nodes that counted holders could not limit their number to two: of three runs with two of three nodes each, no
// node has more than two. So each slot has a number, and each number has one holder.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

struct LockKind {
    enum class Way {
        exclusive, ///< no other holder
        shared,    ///< any number of holders that are shared as well
        slots,     ///< at most `limit` holders, each with a number of its own from 1 to `limit`
    };
    Way way = Way::exclusive;
    unsigned limit = 0; ///< of slots

    bool operator==(const LockKind&) const = default;
};
/// The most slots that a lock can have, because a node looks at all slots of a lock at once.
constexpr unsigned most_slots = 100;

/// The words for the ways in records and in texts for people, in the order of LockKind::Way.
constexpr std::array<std::string_view, 3> kind_names{"exclusive", "shared", "slots"};
constexpr std::string_view name_of(LockKind::Way way) { return kind_names.at(static_cast<size_t>(way)); }
inline std::optional<LockKind::Way> kind_named(std::string_view name) {
    const auto found = std::ranges::find(kind_names, name);
    return found == kind_names.end() ? std::nullopt
                                     : std::optional{static_cast<LockKind::Way>(found - kind_names.begin())};
}

/// The values of a key that has a group of holders in place of one. They are constants, so that an earlier version of
/// holdfast sees one holder on all nodes; other values that begin with '+' are of other clients.
constexpr std::string_view shared_group = "+holdfast-shared";
constexpr std::string_view slots_group = "+holdfast-slots";
constexpr bool is_group(std::string_view value) { return value == shared_group || value == slots_group; }

/// The place of one holder in the group of its kind. The client chooses it, the same on every node.
struct Seat {
    LockKind kind;      ///< shared or slots
    std::string member; ///< the run of a shared holder; the number of a slot

    std::string_view group() const { return kind.way == LockKind::Way::shared ? shared_group : slots_group; }
};

} // namespace holdfast
