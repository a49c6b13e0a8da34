// The fence is a number that grows from holder to holder: the only protection of a resource against a holder that was
// paused. Pure: no clock, no I/O.
//
// Each node accepts each number once, but for shared holders (below), in growing order, and only for the record that
// the key has on that node. A number is agreed when a quorum has accepted it for our record; two quorums share a node,
// so numbers are unique and grow in the order in which locks were won, even if two holders overlapped (hazards 54-58).
// A grant that arrives after its round counts neither here nor for the lease, because its number may be larger.
// tests/model checks all of this.
//
// Exclusive holders and those with a slot have even numbers. All shared holders between two of these have one odd
// number: a node accepts the same odd number again for another shared holder. So an exclusive holder that was paused is
// refused where shared ones have come in since, and no shared holder is refused because of another.
#pragma once

#include "lock/quorum.hpp"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

namespace holdfast {

struct Fence {
    int64_t number = 0;
    auto operator<=>(const Fence&) const = default; // NOLINT(modernize-use-nullptr): clang-tidy 14 means the 0 in <=>
};
/// A script computes with doubles, and not far above this number a double cannot tell a number from the next.
constexpr Fence largest_fence{9'000'000'000'000'000};

/// The smallest number that a node accepts after it has accepted `last`: for a shared holder an odd one, perhaps `last`
/// itself; for any other holder a larger even one.
constexpr Fence next_fence(Fence last, bool shared) {
    if (shared) return {last.number | 1};
    return {(last.number / 2 + 1) * 2};
}

class FenceAgreement {
  public:
    explicit FenceAgreement(size_t nodes, bool shared = false) : accepted_(nodes), shared_{shared} {}

    /// Notes that the node has accepted the number for our record.
    void accepted(size_t node, Fence number) {
        accepted_[node] = number;
        target_ = std::max(target_, number);
        seen_ = std::max(seen_, number);
    }
    /// Notes that a node refuses the target, because the node has already accepted this number, which is larger than
    /// the target, or as large if the lock is not shared.
    void refused(Fence number) { seen_ = std::max(seen_, number); }
    /// The node does not have our record under the key, so a number that it accepted does not count for us.
    void not_ours(size_t node) { accepted_[node].reset(); }

    /// The number that a quorum should accept: the largest that a node has accepted for us, or that of raise() if
    /// larger.
    Fence target() const { return target_; }
    bool agreed() const {
        const auto with_it = std::ranges::count(accepted_, std::optional{target_});
        return static_cast<size_t>(with_it) >= quorum(accepted_.size());
    }
    /// Whether the node has accepted only a smaller number for us, and so has to be asked to accept the target.
    bool behind(size_t node) const { return accepted_[node] && *accepted_[node] < target_; }
    /// Sets the target to the smallest number that a node accepts after the largest number heard of, because a quorum
    /// cannot agree on the old target.
    void raise() { target_ = next_fence(seen_, shared_); }

  private:
    std::vector<std::optional<Fence>> accepted_; ///< by node; nothing: the node has accepted no number for our record
    Fence target_;
    Fence seen_; ///< the largest number heard of
    bool shared_;
};

} // namespace holdfast
