#include "lock/revocation.hpp"

#include "lock/operations/history.hpp"
#include "lock/quorum.hpp"

#include <algorithm>
#include <map>

namespace holdfast {

namespace {

/// The note of an end that the holder of that record did not see come.
Request taken_away(const LockKey& key, const Record& record, const std::string& words, size_t entries) {
    const Holder holder = record.holder.value_or(Holder{});
    const milliseconds now = wall_time_since_epoch();
    const milliseconds held = std::max(now - (record.holder ? holder.since : now), milliseconds{0});
    // A lock that only min_hold kept has ended before, and that end is in the sums.
    return end_note(key, record.token(), {{.how = How::taken_away, .why = words}, Fence{}, held}, entries,
                    !holder.ended);
}

} // namespace

Revocation revoke(NodeSet& nodes, const LockKey& key, const Record& record, const std::string& words, Mode mode,
                  std::optional<size_t> history) {
    std::optional<Seat> seat;
    if (const auto token = Token::parse(record.token()); token && record.holder)
        seat = seat_of(token->run, *record.holder);
    const Revoke revoke{record, words, seat};
    std::map<Verdict, size_t> counts;
    Revocation revocation{};
    revocation.nodes = ask_all(nodes, key, revoke, mode);
    for (const NodeView& node : revocation.nodes)
        if (node.reply && node.reply->verdict != Verdict::no_scripts) {
            ++counts[node.reply->verdict];
            ++revocation.answered;
        }
    for (size_t i = 0; history && i < nodes.size(); ++i)
        if (const auto& reply = revocation.nodes[i].reply; reply && reply->verdict == Verdict::revoked)
            nodes.note(i, taken_away(key, Record::parse(reply->value), words, *history));
    nodes.push();
    const size_t q = quorum(nodes.size());
    using enum Revocation::Outcome;
    if (revocation.answered < q) revocation.outcome = too_few;
    else if (counts[Verdict::revoked] > 0) revocation.outcome = revoked;
    else revocation.outcome = counts[Verdict::free] >= q ? free : changed;
    return revocation;
}

} // namespace holdfast
