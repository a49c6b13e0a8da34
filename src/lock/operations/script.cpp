#include "lock/operations/script.hpp"

#include "lock/operations/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
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

/// The text is the same each time, so the server compiles a script once.
Request eval(std::string script, std::string_view lua, const std::vector<std::string>& keys,
             const ScriptArguments& arguments) {
    name_arguments(script, "ARGV", 0, arguments);
    script += lua;
    const std::string count = fmt::format("{}", keys.size());
    std::vector<std::string_view> command{"EVAL", script, count};
    command.insert(command.end(), keys.begin(), keys.end());
    for (const ScriptArgument& argument : arguments) command.push_back(argument.value);
    Request request;
    request.add(command);
    request.set();
    return request;
}

} // namespace

Request script_request(const Script& script, const LockKey& key, std::string_view token) {
    std::vector<std::string> keys{key.key(), key.void_mark(token), key.fence(), key.queue(), key.seen()};
    std::string text = preamble();
    name_arguments(text, "KEYS", keys.size(), script.more_keys);
    for (const ScriptArgument& more : script.more_keys) keys.push_back(more.value);
    return eval(std::move(text), script.lua, keys, script.arguments);
}

Request lone_script_request(std::string_view lua, const LockKey& key, const ScriptArguments& arguments) {
    return eval("local K=KEYS[1]\n", lua, {key.key()}, arguments);
}

Request publishing(const Request& script) {
    Request request{"PING"};
    request.append(script);
    return request;
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
