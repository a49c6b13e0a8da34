#include "lock/operations/script.hpp"

#include "base/sha1.hpp"
#include "lock/operations/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

namespace holdfast {

extern const std::string_view common_lua;
extern const std::string_view group_lua;

namespace {

const std::string& preamble() {
    static const std::string text = fmt::format(
        "local fence_lasts,queue_lasts,tolerance,places_shown,members_shown={},{},{},{},{}\n{}", fence_lasts.count(),
        queue_lasts.count(), clock_tolerance.count(), places_shown, members_shown, common_lua);
    return text;
}

/// Makes each argument a local variable: one of `table`, KEYS or ARGV, behind the `number` before it.
void name_arguments(std::string& script, std::string_view table, size_t number, const ScriptArguments& arguments) {
    for (const ScriptArgument& argument : arguments)
        script += fmt::format("local {}={}[{}]\n", argument.name, table, ++number);
}

ScriptCall call(std::string text, std::string_view lua, std::vector<std::string> keys,
                const ScriptArguments& arguments) {
    name_arguments(text, "ARGV", 0, arguments);
    text += lua;
    ScriptCall made{std::move(text), std::move(keys), {}};
    for (const ScriptArgument& argument : arguments) made.arguments.push_back(argument.value);
    return made;
}

/// Each text is hashed once, for all nodes and rounds.
const std::string& digest_of(const std::string& text) {
    thread_local std::map<std::string, std::string> digests;
    std::string& digest = digests[text];
    if (digest.empty()) digest = sha1(text);
    return digest;
}

Request request(const ScriptCall& call, std::string_view command, std::string_view script) {
    const std::string count = fmt::format("{}", call.keys.size());
    std::vector<std::string_view> words{command, script, count};
    words.insert(words.end(), call.keys.begin(), call.keys.end());
    words.insert(words.end(), call.arguments.begin(), call.arguments.end());
    Request request;
    if (call.publishes) request.add({"PING"});
    request.add(words);
    request.set();
    return request;
}

} // namespace

Request ScriptCall::by_text() const { return request(*this, "EVAL", text); }

Request ScriptCall::by_digest() const { return request(*this, "EVALSHA", digest_of(text)); }

ScriptCall script_call(const Script& script, const LockKey& key, std::string_view token) {
    std::vector<std::string> keys{key.key(), key.void_mark(token), key.fence(), key.queue(), key.seen()};
    std::string text = preamble();
    name_arguments(text, "KEYS", keys.size(), script.more_keys);
    for (const ScriptArgument& more : script.more_keys) keys.push_back(more.value);
    return call(std::move(text), script.lua, std::move(keys), script.arguments);
}

Request lone_script_request(std::string_view lua, const LockKey& key, const ScriptArguments& arguments) {
    return call("local K=KEYS[1]\n", lua, {key.key()}, arguments).by_text();
}

ScriptCall publishing(ScriptCall call) {
    call.publishes = true;
    return call;
}

std::string joined(std::initializer_list<std::string_view> lua) {
    std::string all;
    for (const std::string_view one : lua) all += one;
    return all;
}

ScriptArguments group_keys(const LockKey& key) { return {{"MEMBERS", key.members()}, {"RECORDS", key.records()}}; }

Script for_member(Script script, const LockKey& key, const Seat& seat) {
    script.lua = joined({group_lua, script.lua});
    script.arguments.push_back({"group", std::string{seat.group()}});
    script.arguments.push_back({"me", seat.member});
    script.arguments.push_back({"limit", argument(seat.kind.limit)});
    std::ranges::move(group_keys(key), std::back_inserter(script.more_keys));
    return script;
}

} // namespace holdfast
