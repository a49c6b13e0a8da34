#include "lock/ballot.hpp"
#include "lock/inspection.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::ballot_test {

using namespace std::chrono_literals;

namespace {

Ballot::Vote granted() { return NodeReply{Verdict::granted}; }
Ballot::Vote held(std::string by, milliseconds left = 1s) { return NodeReply{Verdict::held, std::move(by), left}; }
Ballot::Vote reserved(std::string for_whom, milliseconds left = 1s, size_t position = 0) {
    return NodeReply{Verdict::reserved, std::move(for_whom), left, position};
}
Ballot::Vote skipped(milliseconds lasts, milliseconds left) {
    return NodeReply{Verdict::skipped, std::to_string(lasts.count()) + " job", left};
}
Ballot::Vote not_a_lock() { return NodeReply{Verdict::not_a_lock}; }
Ballot::Vote failed(NodeFailure::Kind kind = NodeFailure::Kind::unreachable) {
    return tl::unexpected{NodeFailure{kind, "down"}};
}

Ballot ballot(size_t nodes, std::vector<Ballot::Vote> votes) {
    Ballot out{nodes};
    for (size_t i = 0; i < votes.size(); ++i) out.add(i, std::move(votes[i]));
    return out;
}

} // namespace

TEST_CASE("a quorum of grants wins, and nobody waits for the rest") {
    CHECK(ballot(5, {granted(), granted(), granted()}).decided());
    CHECK(ballot(5, {granted(), granted(), granted()}).outcome() == Outcome::won);
    CHECK(ballot(1, {granted()}).outcome() == Outcome::won);
    CHECK_FALSE(ballot(5, {granted(), granted()}).decided());
}

TEST_CASE("half of an even number is no quorum") {
    CHECK(ballot(4, {granted(), granted(), failed(), failed()}).outcome() == Outcome::too_few);
    CHECK(ballot(2, {granted(), failed()}).outcome() == Outcome::too_few);
}

TEST_CASE("held means that one other holder has a quorum") {
    CHECK(ballot(3, {held("a"), held("a")}).decided());
    CHECK(ballot(3, {held("a"), held("a")}).outcome() == Outcome::held);
    CHECK(ballot(3, {held("a"), held("a"), failed()}).other_holder() == "a");
    CHECK(ballot(3, {held("a"), held("b"), granted()}).outcome() == Outcome::contended);
    CHECK(ballot(3, {held("a"), granted(), failed()}).outcome() == Outcome::contended);
}

TEST_CASE("a lock that only some nodes keep already is one hold of its run, which has ended") {
    Holder job{"job", "me", "here", 1, 1ms, 30s};
    const std::string holds = Record::make({std::string(32, 'a'), 1}, job).value;
    const std::string rival = Record::make({std::string(32, 'b'), 1}, job).value;
    job.ended = 9ms;
    const std::string kept = Record::make({std::string(32, 'a'), 1}, job).value;
    CHECK(ballot(3, {held(holds), held(kept), failed()}).outcome() == Outcome::held);
    CHECK(ballot(3, {held(holds), held(kept), failed()}).other_holder() == kept);
    CHECK(ballot(3, {held(kept), held(holds), failed()}).other_holder() == kept);
    CHECK(ballot(3, {held(kept), held(rival), failed()}).outcome() == Outcome::contended);
    const Inspection seen = tally({{"1", NodeReply{Verdict::held, holds, 3s}},
                                   {"2", NodeReply{Verdict::held, kept, 2s}},
                                   {"3", NodeReply{Verdict::held, kept, 1s}}});
    REQUIRE(seen.holders.size() == 1);
    CHECK(seen.holders[0].nodes == 3);
    CHECK(seen.holders[0].record.holder->ended == 9ms);
    CHECK(seen.expires_in == 2s);
}

TEST_CASE("a split vote is decided as soon as nobody can reach a quorum any more") {
    CHECK(ballot(5, {granted(), granted(), held("a"), held("a"), held("b")}).decided());
    CHECK(ballot(3, {granted(), held("a")}).decided() == false);            // the third decides
    CHECK(ballot(5, {held("a"), held("b"), held("c")}).decided() == false); // a, b or c may have two more
    CHECK(ballot(5, {held("a"), held("b"), held("c"), held("d")}).decided());
}

TEST_CASE("one mark of a success is enough, among the answers of a quorum, and before a holder or a win") {
    CHECK(ballot(3, {skipped(9s, 8s), held("a")}).decided());
    CHECK(ballot(3, {skipped(9s, 8s), held("a")}).outcome() == Outcome::skipped);
    CHECK(ballot(3, {granted(), granted(), skipped(9s, 8s)}).outcome() == Outcome::skipped);
    CHECK(ballot(3, {held("a"), held("a"), skipped(9s, 8s)}).outcome() == Outcome::skipped);
    CHECK_FALSE(ballot(3, {skipped(9s, 8s)}).decided());
    CHECK_FALSE(ballot(3, {skipped(9s, 8s), failed()}).decided());
    CHECK(ballot(3, {skipped(9s, 8s), failed(), failed()}).outcome() == Outcome::too_few);
    const auto youngest = ballot(3, {skipped(9s, 3s), skipped(9s, 8s), skipped(20s, 8s)}).success();
    REQUIRE(youngest);
    CHECK(youngest->age == 1s);
}

TEST_CASE("too few answers are no verdict on the holder") {
    CHECK(ballot(3, {held("a"), failed(), failed()}).outcome() == Outcome::too_few);
    CHECK(ballot(3, {granted(), failed(), failed()}).outcome() == Outcome::too_few);
    CHECK_FALSE(ballot(3, {granted(), failed()}).decided());
}

TEST_CASE("keys of another kind, refused credentials and wrong URIs are named when they make a quorum impossible") {
    CHECK(ballot(1, {not_a_lock()}).outcome() == Outcome::not_a_lock);
    CHECK(ballot(3, {not_a_lock(), not_a_lock(), granted()}).outcome() == Outcome::not_a_lock);
    CHECK(ballot(3, {not_a_lock(), granted(), granted()}).outcome() == Outcome::won);
    const auto denied = failed(NodeFailure::Kind::denied);
    CHECK(ballot(3, {denied, denied, granted()}).outcome() == Outcome::denied);
    CHECK(ballot(3, {denied, failed(), granted()}).outcome() == Outcome::too_few);
    const auto misnamed = failed(NodeFailure::Kind::misnamed);
    CHECK(ballot(1, {misnamed}).outcome() == Outcome::misnamed);
    CHECK(ballot(3, {misnamed, denied, granted()}).outcome() == Outcome::misnamed);
    CHECK(ballot(3, {misnamed, granted(), granted()}).outcome() == Outcome::won);
}

TEST_CASE("a held lock expires when fewer than a quorum of nodes hold it") {
    CHECK(ballot(3, {held("a", 5s), held("a", 9s), held("a", 7s)}).other_expires_in() == 7s);
    CHECK(ballot(3, {held("a", 5s), held("a", 9s), failed()}).other_expires_in() == 5s);
}

TEST_CASE("a lock that is free for others on a quorum is reserved, by whoever stays first for longest") {
    const Ballot all = ballot(3, {reserved("a", 1s), reserved("b", 2s, 2), granted()});
    CHECK(all.decided());
    CHECK(all.outcome() == Outcome::reserved);
    REQUIRE(all.reservation() != nullptr);
    CHECK(all.reservation()->value == "b");
    CHECK(all.position() == 2);
    CHECK(all.answered() == 3);
}

TEST_CASE("grants and reservations that make no quorum are a split vote") {
    CHECK(ballot(3, {reserved("a"), granted(), held("b")}).outcome() == Outcome::contended);
    CHECK(ballot(3, {reserved("a"), granted(), failed()}).outcome() == Outcome::contended);
}

TEST_CASE("a node that answers without a vote is told apart from one that does not answer") {
    const Ballot two = ballot(3, {failed(NodeFailure::Kind::no_vote), failed(), granted()});
    CHECK(two.voteless() == 1);
    CHECK(two.outcome() == Outcome::too_few);
}

} // namespace holdfast::test::ballot_test
