#include "lock/fence.hpp"

#include "lock/quorum.hpp"

#include <algorithm>

namespace holdfast {

void FenceAgreement::accepted(size_t node, Fence number) {
    accepted_[node] = number;
    target_ = std::max(target_, number);
    seen_ = std::max(seen_, number);
}

void FenceAgreement::refused(Fence number) { seen_ = std::max(seen_, number); }

bool FenceAgreement::agreed() const {
    const auto with_it =
        std::ranges::count_if(accepted_, [&](const std::optional<Fence>& number) { return number == target_; });
    return static_cast<size_t>(with_it) >= quorum(accepted_.size());
}

void FenceAgreement::raise() { target_ = next_fence(seen_, shared_); }

} // namespace holdfast
