#include "lock/revocation.hpp"

#include "lock/quorum.hpp"

#include <map>

namespace holdfast {

Revocation revoke(NodeSet& nodes, const LockKey& key, const Record& record, const std::string& words, Way way) {
    const Answers answers = ask_all(nodes, key, Revoke{record, words}, way);
    std::map<Word, size_t> counts;
    Revocation revocation{};
    for (size_t i = 0; i < nodes.size(); ++i) {
        revocation.nodes.push_back({nodes.node(i).display(), said(answers[i])});
        if (const auto& one = revocation.nodes.back().said) {
            ++counts[one->word];
            ++revocation.answered;
        }
    }
    const size_t q = quorum(nodes.size());
    using enum Revocation::Outcome;
    if (revocation.answered < q) revocation.outcome = too_few;
    else if (counts[Word::revoked] > 0) revocation.outcome = revoked;
    else revocation.outcome = counts[Word::free] >= q ? free : changed;
    return revocation;
}

} // namespace holdfast
