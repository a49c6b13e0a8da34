#include "doctor/rights.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace holdfast {
namespace {

/// What does not work for who lacks a command.
enum class Without { locks, scripts, transactions, promptness, messages, listing, facts, persistence };

struct Right {
    std::string name; ///< as an ACL rule has it
    Without without;
    std::vector<std::string> probe; ///< empty: seen by a subscription's success
    bool scripts_only = false;
};

std::vector<Right> rights(const LockKey& lock, Way way) {
    const std::string key = lock.key();
    const std::string queue = lock.queue();
    using enum Without;
    std::vector<Right> all{
        {"ping", promptness, {"PING"}},
        {"info", facts, {"INFO", "server"}},
        {"config|get", persistence, {"CONFIG", "GET", "appendonly"}},
        {"time", locks, {"TIME"}},
        {"exists", locks, {"EXISTS", key}},
        {"get", locks, {"GET", key}},
        {"set", locks, {"SET", key, "", "XX", "PX", "1000"}},
        {"pexpire", locks, {"PEXPIRE", lock.fence(), "1000"}},
        {"pttl", locks, {"PTTL", key}},
        {"zadd", locks, {"ZADD", queue, "XX", "0", "-"}},
        {"zrange", locks, {"ZRANGE", queue, "0", "0"}},
        {"zrank", locks, {"ZRANK", queue, "-"}},
        {"zscore", locks, {"ZSCORE", queue, "-"}},
        {"zrem", locks, {"ZREM", queue, "-"}},
        {"del", locks, {"DEL", key, queue, lock.seen(), lock.fence()}},
        {"publish", messages, {"PUBLISH", lock.revoked_channel(), ""}},
        {"subscribe", messages, {}},
        {"scan", listing, {"SCAN", "0", "COUNT", "1"}},
        {"getrange", listing, {"GETRANGE", key, "0", "0"}},
        {"zcount", listing, {"ZCOUNT", lock.seen(), "-inf", "+inf"}},
        {"eval", scripts, {"EVAL", "return 1", "0"}, true},
        {"watch", transactions, {"WATCH", key}},
        {"unwatch", transactions, {"UNWATCH"}},
        {"multi", transactions, {"MULTI"}},
        {"exec", transactions, {"EXEC"}},
    };
    std::erase_if(all, [&](const Right& right) { return right.scripts_only && way == Way::transactions; });
    return all;
}

std::string_view loss(Without without) {
    switch (without) {
    case Without::locks: return "no lock without it";
    case Without::scripts: return "locks by transaction then, which is slower";
    case Without::transactions: return "no status, force-release or --no-scripts without it";
    case Without::promptness: return "who waits hears of a release later";
    case Without::messages: return "who waits or loses the lock hears of it later";
    case Without::listing: return "no list without it";
    case Without::facts: return "version, role, uptime, memory and persistence stay unknown";
    case Without::persistence: return "what a restart forgets stays unknown";
    }
    return "";
}

bool is_refusal(const Reply& reply) {
    // That of EXEC stands behind another word.
    return reply.type == Reply::Type::error &&
           (reply.text.find("NOPERM") != std::string::npos || reply.text.starts_with("ERR unknown command"));
}

} // namespace

std::string acl_rule(const std::string& user, const std::string& prefix, Way way, bool selects) {
    const std::string names = glob_escaped(prefix) + "*";
    std::string rule =
        fmt::format("user {0} on >PASSWORD resetkeys ~{1} ~{{{1}}}:* resetchannels &{{{1}}}:* -@all", user, names);
    for (const Right& right : rights({}, way)) rule += " +" + right.name;
    return rule + (selects ? " +select" : "");
}

Request rights_probe(const LockKey& probe, Way way) {
    Request request;
    for (const Right& right : rights(probe, way)) {
        if (right.probe.empty()) continue;
        const std::vector<std::string_view> words(right.probe.begin(), right.probe.end());
        request.add(words);
    }
    return request;
}

Finding judge_rights(const std::vector<Reply>& replies, bool told, Way way) {
    std::map<Without, std::vector<std::string>> lacking;
    std::string words;
    auto reply = replies.begin();
    for (const Right& right : rights({}, way)) {
        const bool refused = right.probe.empty() ? !told : is_refusal(*reply);
        if (refused) lacking[right.without].push_back("+" + right.name);
        if (refused && words.empty() && !right.probe.empty())
            words = fmt::format("; it says: {}", printable(reply->text));
        if (!right.probe.empty()) ++reply;
    }
    Finding finding{"rights", {}, Verdict::ok, "our user may do all that locks need"};
    if (lacking.empty()) return finding;
    std::vector<std::string> losses;
    for (const auto& [without, names] : lacking)
        losses.push_back(fmt::format("{} ({})", fmt::join(names, " "), loss(without)));
    finding.verdict = lacking.contains(Without::locks) ? Verdict::fail : Verdict::warn;
    finding.text = fmt::format("our user lacks {}{}", fmt::join(losses, ", "), words);
    finding.advice = "give the user the rights that holdfast doctor --acl prints";
    return finding;
}

} // namespace holdfast
