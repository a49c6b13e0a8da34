#include "lock/fence.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::fence_test {

TEST_CASE("a fence number is agreed when a quorum of all nodes has accepted exactly it") {
    FenceAgreement fences{3};
    CHECK_FALSE(fences.agreed());
    fences.accepted(0, {7});
    CHECK_FALSE(fences.agreed());
    fences.accepted(2, {7});
    CHECK(fences.agreed());
    CHECK(fences.target() == Fence{7});
}

TEST_CASE("nodes that accepted a smaller number have to be asked for the largest") {
    FenceAgreement fences{3};
    fences.accepted(0, {5});
    fences.accepted(1, {9});
    CHECK_FALSE(fences.agreed());
    CHECK(fences.target() == Fence{9});
    CHECK(fences.behind(0));
    CHECK_FALSE(fences.behind(1));
    CHECK_FALSE(fences.behind(2)); // it has not granted
    fences.accepted(0, {9});
    CHECK(fences.agreed());
}

TEST_CASE("a number that cannot be agreed on is followed by one that is larger than all that were heard of") {
    FenceAgreement fences{3};
    fences.accepted(0, {5});
    fences.accepted(1, {9});
    fences.refused({12});
    fences.raise();
    CHECK(fences.target() == Fence{14});
    CHECK(fences.behind(0));
    CHECK(fences.behind(1));
}

TEST_CASE("shared holders agree on an odd number, which others may have as well") {
    FenceAgreement fences{3, true};
    fences.accepted(0, {5});
    fences.accepted(1, {9});
    fences.refused({12});
    fences.raise();
    CHECK(fences.target() == Fence{13});
    fences.refused({13});
    fences.raise();
    CHECK(fences.target() == Fence{13});
    CHECK(next_fence({14}, true) == Fence{15});
    CHECK(next_fence({15}, false) == Fence{16});
    CHECK(next_fence({16}, false) == Fence{18});
}

TEST_CASE("a node that holds another's record counts for no number") {
    FenceAgreement fences{3};
    fences.accepted(0, {9});
    fences.accepted(1, {9});
    fences.not_ours(1);
    CHECK_FALSE(fences.agreed());
    CHECK_FALSE(fences.behind(1));
}

} // namespace holdfast::test::fence_test
