#include "lock/revocation.hpp"

#include "lock/quorum.hpp"

#include <algorithm>
#include <map>

namespace holdfast {

namespace {

EndEntry taken_away(const Record& record, const std::string& words, size_t entries) {
    const milliseconds since = record.holder ? record.holder->since : wall_time_since_epoch();
    const milliseconds held = std::max(wall_time_since_epoch() - since, milliseconds{0});
    return {.end = {.how = How::taken_away, .why = words}, .fence = {}, .waited = {}, .held = held, .entries = entries};
}

} // namespace

Revocation revoke(NodeSet& nodes, const LockKey& key, const Record& record, const std::string& words, Mode mode,
                  std::optional<size_t> history) {
    std::optional<Seat> seat;
    if (const auto token = Token::parse(record.token()); token && record.holder)
        seat = seat_of(token->run, *record.holder);
    Revoke revoke{record, words, seat};
    if (history) revoke.end = taken_away(record, words, *history);
    std::map<Verdict, size_t> counts;
    Revocation revocation{};
    revocation.nodes = ask_all(nodes, key, revoke, mode);
    for (const NodeView& node : revocation.nodes)
        if (node.reply && node.reply->verdict != Verdict::no_scripts) {
            ++counts[node.reply->verdict];
            ++revocation.answered;
        }
    const size_t q = quorum(nodes.size());
    using enum Revocation::Outcome;
    if (revocation.answered < q) revocation.outcome = too_few;
    else if (counts[Verdict::revoked] > 0) revocation.outcome = revoked;
    else revocation.outcome = counts[Verdict::free] >= q ? free : changed;
    return revocation;
}

} // namespace holdfast
