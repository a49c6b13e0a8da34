// The number that grows from holder to holder: the only protection of a resource against a holder that was paused.
// Pure: no clock, no I/O.
//
// Each node accepts each number at most once, in growing order, and only for the record that holds the key there. A
// number is agreed when a quorum has accepted it for our record; two quorums share a node, so numbers are unique and
// grow in the order in which locks were won, even if two holders overlapped (hazards 54-58). A grant that is heard
// after the round counts neither here nor for the lease: it may be of a larger number. tests/model checks all of this.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

namespace holdfast {

struct Fence {
    int64_t number = 0;
    auto operator<=>(const Fence&) const = default; // NOLINT(modernize-use-nullptr): clang-tidy 14 means the 0 in <=>
};
/// Beyond it a script's double no longer tells one number from the next.
constexpr Fence largest_fence{9'000'000'000'000'000};

class FenceAgreement {
  public:
    explicit FenceAgreement(size_t nodes) : accepted_(nodes) {}

    /// That node has accepted the number for our record.
    void accepted(size_t node, Fence);
    /// That node has accepted a number that is no smaller for another record.
    void refused(Fence);
    /// Our record does not stand on that node.
    void not_ours(size_t node) { accepted_[node].reset(); }

    /// What a quorum should accept: the largest number that a node has accepted for us.
    Fence target() const { return target_; }
    bool agreed() const;
    /// That node has to be asked to accept the target.
    bool behind(size_t node) const { return accepted_[node] && *accepted_[node] < target_; }
    /// The target cannot be agreed on: a larger one, which every node has to be asked for.
    void raise();

  private:
    std::vector<std::optional<Fence>> accepted_; ///< by node; nothing: it has not granted
    Fence target_;
    Fence seen_; ///< the largest number heard of
};

} // namespace holdfast
