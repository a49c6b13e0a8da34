// How many nodes have to agree, and which value so many nodes reach. Pure: no clock, no I/O.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace holdfast {

/// How many of N nodes have to agree. N is always the number that was configured (hazard 29).
size_t quorum(size_t nodes);

/// The largest value that a quorum of `nodes` nodes reaches or exceeds: with q nodes in a quorum, the q-th largest in
/// `given`; nothing if `given` has fewer than q values.
template <typename Value>
std::optional<Value> reached_by_quorum(std::vector<Value> given, size_t nodes) {
    const size_t q = quorum(nodes);
    if (given.size() < q) return {};
    const auto q_th = given.begin() + static_cast<std::ptrdiff_t>(q - 1);
    std::nth_element(given.begin(), q_th, given.end(), std::greater{});
    return *q_th;
}

} // namespace holdfast
