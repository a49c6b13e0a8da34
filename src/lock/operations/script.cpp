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

constexpr size_t common_keys = 5;

const std::string& preamble() {
    static const std::string text = fmt::format(
        "local fence_lasts,queue_lasts,tolerance,places_shown,members_shown={},{},{},{},{}\n{}", fence_lasts.count(),
        queue_lasts.count(), clock_tolerance.count(), places_shown, members_shown, common_lua);
    return text;
}

/// Makes each argument a local variable of the script: an element of `table` (KEYS or ARGV), from `number` + 1 on.
void name_arguments(std::string& script, std::string_view table, size_t number, const ScriptArguments& arguments) {
    for (const ScriptArgument& argument : arguments)
        script += fmt::format("local {}={}[{}]\n", argument.name, table, ++number);
}

std::string whole_text(const Script& script) {
    std::string text = preamble();
    name_arguments(text, "KEYS", common_keys, script.more_keys);
    name_arguments(text, "ARGV", 0, script.arguments);
    for (const std::string_view piece : script.lua) text += piece;
    return text;
}

/// The addresses of all pieces and names of which the script's text is made.
std::vector<const char*> places(const Script& script) {
    std::vector<const char*> all;
    all.reserve(script.lua.size() + script.arguments.size() + script.more_keys.size() + 2);
    for (const std::string_view piece : script.lua) all.push_back(piece.data());
    all.push_back(nullptr);
    for (const ScriptArgument& argument : script.arguments) all.push_back(argument.name.data());
    all.push_back(nullptr);
    for (const ScriptArgument& more : script.more_keys) all.push_back(more.name.data());
    return all;
}

/// Each text is made once, for all nodes and rounds: it is a hundred times as long as the arguments that change.
ScriptText& text_of(const Script& script) {
    thread_local std::map<std::vector<const char*>, ScriptText> texts;
    std::vector<const char*> key = places(script);
    auto found = texts.find(key);
    if (found == texts.end()) found = texts.emplace(std::move(key), whole_text(script)).first;
    return found->second;
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

const std::string& ScriptText::digest() {
    if (digest_.empty()) digest_ = sha1(text_);
    return digest_;
}

Request ScriptCall::by_text() const { return request(*this, "EVAL", script->text()); }

Request ScriptCall::by_digest() const { return request(*this, "EVALSHA", script->digest()); }

ScriptCall script_call(Script script, const LockKey& key, std::string_view token) {
    ScriptCall call{&text_of(script), {}, {}};
    call.keys = {key.key(), key.void_mark(token), key.fence(), key.queue(), key.seen()};
    for (ScriptArgument& more : script.more_keys) call.keys.push_back(std::move(more.value));
    call.arguments.reserve(script.arguments.size());
    for (ScriptArgument& argument : script.arguments) call.arguments.push_back(std::move(argument.value));
    return call;
}

Request lone_script_request(std::string_view lua, const LockKey& key, const ScriptArguments& arguments) {
    std::string text = "local K=KEYS[1]\n";
    name_arguments(text, "ARGV", 0, arguments);
    text += lua;
    const std::string one = key.key();
    std::vector<std::string_view> words{"EVAL", text, "1", one};
    for (const ScriptArgument& argument : arguments) words.push_back(argument.value);
    Request request;
    request.add(words);
    request.set();
    return request;
}

ScriptCall publishing(ScriptCall call) {
    call.publishes = true;
    return call;
}

Lua as_function(const Lua& pieces) {
    Lua all{"local function operate()\n"};
    all.insert(all.end(), pieces.begin(), pieces.end());
    all.emplace_back("\nend\n");
    return all;
}

ScriptArguments group_keys(const LockKey& key) { return {{"MEMBERS", key.members()}, {"RECORDS", key.records()}}; }

Script for_member(Script script, const LockKey& key, const Seat& seat) {
    script.lua.insert(script.lua.begin(), group_lua);
    script.arguments.push_back({"group", std::string{seat.group()}});
    script.arguments.push_back({"me", seat.member});
    script.arguments.push_back({"limit", argument(seat.kind.limit)});
    std::ranges::move(group_keys(key), std::back_inserter(script.more_keys));
    return script;
}

} // namespace holdfast
