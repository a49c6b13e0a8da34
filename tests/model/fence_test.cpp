#include "model/fence_model.hpp"

#include <doctest/doctest.h>
#include <fmt/ranges.h>

namespace holdfast::test::fence_test {

using namespace holdfast::model;

namespace {

std::string story(const SearchResult& verdict) {
    return fmt::format("{} states\n{}", verdict.states, fmt::join(verdict.broken_by, "\n"));
}

bool breaks(const Demands& demands, Claim claim) { return !search(demands, {claim}).broken_by.empty(); }

void check_all_claims(std::array<bool, 2> shared) {
    const SearchResult verdict = search({}, {Claim::unique, Claim::later_on_node, Claim::later_to_win}, shared);
    CAPTURE(story(verdict));
    CHECK(verdict.broken_by.empty());
    CHECK(verdict.states > 100'000); // the model has not lost most of its moves
}

} // namespace

TEST_CASE("no history gives two winners one number or breaks the order in which the lock was won") {
    check_all_claims({});
}

TEST_CASE("a shared winner's number lies between those of exclusive ones, if its grants begin first") {
    check_all_claims({true, false});
}

TEST_CASE("a shared winner's number lies between those of exclusive ones, if theirs begin first") {
    check_all_claims({false, true});
}

TEST_CASE("a paused exclusive winner has the number of a shared one that takes the last number") {
    const SearchResult verdict = search({.shared_are_odd = false}, {Claim::unique}, {false, true});
    CAPTURE(story(verdict));
    CHECK(!verdict.broken_by.empty());
}

TEST_CASE("who lost the key outranks its successor when a node raises without looking at the record") {
    const Demands demands{.raise_needs_own_key = false};
    const SearchResult verdict = search(demands, {Claim::later_on_node});
    CAPTURE(story(verdict));
    REQUIRE(verdict.broken_by.size() > 2);
    CHECK(breaks(demands, Claim::later_to_win));
}

TEST_CASE("a late winner gets the lower number when a grant above it was heard and not heeded") {
    CHECK(breaks({.late_grants_count = false}, Claim::later_to_win));
}

TEST_CASE("a late winner gets the lower number when its lease is not checked after the number") {
    CHECK(breaks({.lease_checked_at_end = false}, Claim::later_to_win));
}

TEST_CASE("two winners get one number when a node forgets its own and no clock makes up for it") {
    CHECK(breaks({.fence_survives = false}, Claim::unique));
}

} // namespace holdfast::test::fence_test
