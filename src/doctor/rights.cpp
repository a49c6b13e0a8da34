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
enum class Without {
    locks,
    kinds,
    scripts,
    digests,
    transactions,
    history,
    promptness,
    messages,
    looking,
    listing,
    facts,
    persistence
};

struct Right {
    std::string name; ///< the command's name in an ACL rule
    Without without;
    std::vector<std::string> probe; ///< the command that tries the right; empty: a working subscription shows the right
};

std::vector<Right> rights(const LockKey& lock, const Use& use) {
    const std::string key = lock.key();
    const std::string queue = lock.queue();
    using enum Without;
    const Without kinds_or_history = use.mode == Mode::scripts ? kinds : history;
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
        {"hset", kinds_or_history, {"HSET", lock.records(), "-", ""}},
        {"hget", kinds, {"HGET", lock.records(), "-"}},
        {"hgetall", kinds, {"HGETALL", lock.records()}},
        {"hmget", history, {"HMGET", lock.records(), "-"}},
        {"hincrby", history, {"HINCRBY", lock.records(), "-", "0"}},
        {"hdel", kinds, {"HDEL", lock.records(), "-"}},
        {"xadd", history, {"XADD", lock.log(), "NOMKSTREAM", "*", "-", ""}},
        {"xrevrange", history, {"XREVRANGE", lock.log(), "+", "-", "COUNT", "1"}},
        {"del", locks, {"DEL", key, queue, lock.seen(), lock.fence(), lock.records()}},
        {"publish", messages, {"PUBLISH", lock.revoked_channel(), ""}},
        {"subscribe", messages, {}},
        {"scan", listing, {"SCAN", "0", "COUNT", "1"}},
        {"getrange", listing, {"GETRANGE", key, "0", "0"}},
        {"zcount", looking, {"ZCOUNT", lock.seen(), "-inf", "+inf"}},
        {"eval", scripts, {"EVAL", "return 1", "0"}},
        {"evalsha", digests, {"EVALSHA", std::string(40, '0'), "0"}},
        {"wait", locks, {"WAIT", "0", "1"}},
        {"watch", transactions, {"WATCH", key}},
        {"unwatch", transactions, {"UNWATCH"}},
        {"multi", transactions, {"MULTI"}},
        {"exec", transactions, {"EXEC"}},
    };
    std::erase_if(all, [&](const Right& right) {
        const bool of_scripts = right.without == scripts || right.without == digests || right.without == kinds;
        return (of_scripts && use.mode == Mode::transactions) || (right.name == "wait" && !use.waits);
    });
    return all;
}

std::string_view loss(Without without) {
    switch (without) {
    case Without::locks: return "no lock without it";
    case Without::kinds: return "no --shared and no --slots without it";
    case Without::scripts: return "locks by transaction then, which is slower, and no --shared, --slots and --once-in";
    case Without::digests: return "a run's first request goes out twice then, and all of them are longer";
    case Without::transactions: return "no --no-scripts without it";
    case Without::history: return "no history, metrics and last holder without it";
    case Without::promptness: return "who waits hears of a release later";
    case Without::messages: return "who waits or loses the lock hears of it later";
    case Without::listing: return "no list without it";
    case Without::looking: return "no status, verify, renew, release, force-release or list without it";
    case Without::facts: return "version, role, uptime, memory and persistence stay unknown";
    case Without::persistence: return "what a restart forgets stays unknown";
    }
    return "";
}

bool says(const Reply& reply, std::string_view words) {
    // A refusal that EXEC tells has its error code behind another one, so the whole text is searched.
    return reply.type == Reply::Type::error && reply.text.find(words) != std::string::npos;
}

bool is_unknown(const Reply& reply) { return says(reply, "unknown command"); }

std::string all_names(const std::string& prefix) { return glob_escaped(prefix) + "*"; }

/// What the user lacks if the server refuses with this reply: a pattern of keys or channels, or the command itself.
std::pair<Without, std::string> lack(const Right& right, const Reply& refusal, const std::string& names) {
    if (says(refusal, "access") && says(refusal, "key")) return {Without::locks, "~" + names};
    if (says(refusal, "access") && says(refusal, "channel")) return {Without::messages, "&" + names};
    return {right.without, "+" + right.name};
}

/// Rights or commands that are missing, by what does not work without them.
class Missing {
  public:
    void add(const std::pair<Without, std::string>& one) {
        if (!has(one)) by_loss_[one.first].push_back(one.second);
    }
    bool has(const std::pair<Without, std::string>& one) const {
        const auto names = by_loss_.find(one.first);
        return names != by_loss_.end() && std::ranges::find(names->second, one.second) != names->second.end();
    }
    bool any() const { return !by_loss_.empty(); }
    std::string text() const {
        std::vector<std::string> losses;
        for (const auto& [without, names] : by_loss_)
            losses.push_back(fmt::format("{} ({})", fmt::join(names, " "), loss(without)));
        return fmt::format("{}", fmt::join(losses, ", "));
    }
    /// How bad it is that these are missing. `mild`: what only leaves facts unknown does not count.
    Severity severity(bool mild) const {
        if (by_loss_.contains(Without::locks)) return Severity::fail;
        const bool worrying = std::ranges::any_of(by_loss_, [&](const auto& entry) {
            return !mild || (entry.first != Without::facts && entry.first != Without::persistence);
        });
        return worrying ? Severity::warn : Severity::ok;
    }

  private:
    std::map<Without, std::vector<std::string>> by_loss_;
};

std::string advice(const Missing& lacking, const std::string& names) {
    if (!lacking.has({Without::locks, "~" + names})) return std::string{lacking.any() ? give_rights : ""};
    return fmt::format("{}, or choose a --key-prefix inside the keys that it may use (ACL GETUSER shows them)",
                       give_rights);
}

} // namespace

std::string acl_rule(const std::string& user, const std::string& prefix, const Use& use) {
    std::string rule =
        fmt::format("user {0} on >PASSWORD resetkeys ~{1} resetchannels &{1} -@all", user, all_names(prefix));
    for (const Right& right : rights({}, use)) rule += " +" + right.name;
    return rule + (use.selects ? " +select" : "");
}

Request rights_probe(const LockKey& probe, const Use& use) {
    Request request;
    for (const Right& right : rights(probe, use)) {
        if (right.probe.empty()) continue;
        const std::vector<std::string_view> words(right.probe.begin(), right.probe.end());
        request.add(words);
    }
    return request;
}

Finding judge_rights(const std::vector<Reply>& replies, bool told, const std::string& prefix, const Use& use) {
    const std::string names = all_names(prefix);
    Missing lacking;
    Missing unknown;
    std::string words;
    // Redis refuses SUBSCRIBE as well when its memory is full (8.6.3).
    const bool full = std::ranges::any_of(replies, [](const Reply& one) { return says(one, "OOM"); });
    auto reply = replies.begin();
    for (const Right& right : rights({}, use)) {
        if (right.probe.empty()) {
            // No message reaches a user that lacks the channel either. The reply to PUBLISH, which comes before, has
            // shown that; only otherwise it is the command that is lacking.
            if (!told && !full && !lacking.has({Without::messages, "&" + names}))
                lacking.add({right.without, "+" + right.name});
            continue;
        }
        if (is_unknown(*reply)) unknown.add({right.without, right.name});
        if (says(*reply, "NOPERM")) {
            lacking.add(lack(right, *reply, names));
            if (words.empty()) words = fmt::format("; it says: {}", printable(reply->text));
        }
        ++reply;
    }
    Finding finding{"rights", {}, Severity::ok, "our user may do all that locks need"};
    if (lacking.any()) finding.text = fmt::format("our user lacks {}{}", lacking.text(), words);
    if (unknown.any()) finding.text += fmt::format("; the server does not offer {}", unknown.text());
    finding.severity = std::max(lacking.severity(false), unknown.severity(true));
    finding.advice = advice(lacking, names);
    return finding;
}

} // namespace holdfast
