#include "doctor/rights.hpp"

#include "base/escape.hpp"
#include "redis/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>

namespace holdfast {
namespace {

/// What does not work if our user lacks a command.
enum class Without { locks, scripts, transactions, promptness, messages, looking, listing, facts, persistence };

struct Right {
    std::string name; ///< the command's name in an ACL rule
    Without without;
    std::vector<std::string> probe; ///< the command that tries it; empty: a working subscription shows it
    bool scripts_only = false;
};

std::vector<Right> rights(const LockKey& lock, Mode mode) {
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
        {"zcount", looking, {"ZCOUNT", lock.seen(), "-inf", "+inf"}},
        {"eval", scripts, {"EVAL", "return 1", "0"}, true},
        {"watch", transactions, {"WATCH", key}},
        {"unwatch", transactions, {"UNWATCH"}},
        {"multi", transactions, {"MULTI"}},
        {"exec", transactions, {"EXEC"}},
    };
    std::erase_if(all, [&](const Right& right) { return right.scripts_only && mode == Mode::transactions; });
    return all;
}

std::string_view loss(Without without) {
    switch (without) {
    case Without::locks: return "no lock without it";
    case Without::scripts: return "locks by transaction then, which is slower";
    case Without::transactions: return "no --no-scripts without it";
    case Without::promptness: return "who waits hears of a release later";
    case Without::messages: return "who waits or loses the lock hears of it later";
    case Without::listing: return "no list without it";
    case Without::looking: return "no status, verify, renew, release, force-release or list without it";
    case Without::facts: return "version, role, uptime, memory and persistence stay unknown";
    case Without::persistence: return "what a restart forgets stays unknown";
    }
    return "";
}

bool is_refusal(const Reply& reply) {
    // A refusal by EXEC has NOPERM after another word, so search the whole text.
    return reply.type == Reply::Type::error &&
           (reply.text.find("NOPERM") != std::string::npos || reply.text.starts_with("ERR unknown command"));
}

/// What the user lacks if the server refuses with this reply: a pattern of keys or channels, or the command itself.
std::pair<Without, std::string> lack(const Right& right, const Reply& refusal, const std::string& names) {
    const auto says = [&](const char* words) { return refusal.text.find(words) != std::string::npos; };
    if (says("access") && says("key")) return {Without::locks, "~" + names};
    if (says("access") && says("channel")) return {Without::messages, "&" + names};
    return {right.without, "+" + right.name};
}

std::string all_names(const std::string& prefix) { return glob_escaped(prefix) + "*"; }

} // namespace

std::string acl_rule(const std::string& user, const std::string& prefix, Mode mode, bool selects) {
    std::string rule =
        fmt::format("user {0} on >PASSWORD resetkeys ~{1} resetchannels &{1} -@all", user, all_names(prefix));
    for (const Right& right : rights({}, mode)) rule += " +" + right.name;
    return rule + (selects ? " +select" : "");
}

Request rights_probe(const LockKey& probe, Mode mode) {
    Request request;
    for (const Right& right : rights(probe, mode)) {
        if (right.probe.empty()) continue;
        const std::vector<std::string_view> words(right.probe.begin(), right.probe.end());
        request.add(words);
    }
    return request;
}

Finding judge_rights(const std::vector<Reply>& replies, bool told, const std::string& prefix, Mode mode) {
    std::map<Without, std::vector<std::string>> lacking;
    const auto lacks = [&](const std::pair<Without, std::string>& right) {
        auto& names = lacking[right.first];
        if (std::ranges::find(names, right.second) == names.end()) names.push_back(right.second);
    };
    std::string words;
    auto reply = replies.begin();
    for (const Right& right : rights({}, mode)) {
        if (right.probe.empty()) {
            // The reply to PUBLISH, which comes before, shows if the user lacks the channel and not the command.
            const auto& messages = lacking[right.without];
            if (!told && std::ranges::find(messages, "&" + all_names(prefix)) == messages.end())
                lacks({right.without, "+" + right.name});
            continue;
        }
        if (is_refusal(*reply)) {
            lacks(lack(right, *reply, all_names(prefix)));
            if (words.empty()) words = fmt::format("; it says: {}", printable(reply->text));
        }
        ++reply;
    }
    std::erase_if(lacking, [](const auto& entry) { return entry.second.empty(); });
    Finding finding{"rights", {}, Severity::ok, "our user may do all that locks need"};
    if (lacking.empty()) return finding;
    std::vector<std::string> losses;
    for (const auto& [without, names] : lacking)
        losses.push_back(fmt::format("{} ({})", fmt::join(names, " "), loss(without)));
    finding.severity = lacking.contains(Without::locks) ? Severity::fail : Severity::warn;
    finding.text = fmt::format("our user lacks {}{}", fmt::join(losses, ", "), words);
    finding.advice = give_rights;
    return finding;
}

} // namespace holdfast
