#include "lock/operations/script.hpp"

#include "lock/operations/limits.hpp"

#include <fmt/format.h>

#include <vector>

namespace holdfast {

extern const std::string_view common_lua;

namespace {

const std::string& preamble() {
    static const std::string text =
        fmt::format("local fence_lasts,queue_lasts,tolerance,places_shown={},{},{},{}\n{}", fence_lasts.count(),
                    queue_lasts.count(), clock_tolerance.count(), places_shown, common_lua);
    return text;
}

/// Makes each argument a local variable: one of `table`, KEYS or ARGV, behind the `number` before it.
void name_arguments(std::string& script, std::string_view table, size_t number,
                    std::initializer_list<ScriptArgument> arguments) {
    for (const ScriptArgument& argument : arguments)
        script += fmt::format("local {}={}[{}]\n", argument.name, table, ++number);
}

/// The text is the same each time, so the server compiles a script once.
Request eval(std::string script, std::string_view lua, const std::vector<std::string>& keys,
             std::initializer_list<ScriptArgument> arguments) {
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

Request script_request(std::string_view lua, const LockKey& key, std::string_view token,
                       std::initializer_list<ScriptArgument> arguments,
                       std::initializer_list<ScriptArgument> more_keys) {
    std::vector<std::string> keys{key.key(), key.void_mark(token), key.fence(), key.queue(), key.seen()};
    std::string script = preamble();
    name_arguments(script, "KEYS", keys.size(), more_keys);
    for (const ScriptArgument& more : more_keys) keys.push_back(more.value);
    return eval(std::move(script), lua, keys, arguments);
}

Request lone_script_request(std::string_view lua, const LockKey& key, std::initializer_list<ScriptArgument> arguments) {
    return eval("local K=KEYS[1]\n", lua, {key.key()}, arguments);
}

Request publishing_script_request(std::string_view lua, const LockKey& key, std::string_view token,
                                  std::initializer_list<ScriptArgument> arguments,
                                  std::initializer_list<ScriptArgument> more_keys) {
    Request request{"PING"};
    request.append(script_request(lua, key, token, arguments, more_keys));
    return request;
}

} // namespace holdfast
