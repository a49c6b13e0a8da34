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

/// Makes each argument a local variable before `lua`. The text is the same each time, so the server compiles a script
/// once.
std::string with_arguments(std::string script, std::string_view lua, std::initializer_list<ScriptArgument> arguments) {
    size_t number = 0;
    for (const ScriptArgument& argument : arguments)
        script += fmt::format("local {}=ARGV[{}]\n", argument.name, ++number);
    return script += lua;
}

Request eval(const std::string& script, const std::vector<std::string>& keys,
             std::initializer_list<ScriptArgument> arguments) {
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
                       std::initializer_list<ScriptArgument> arguments) {
    return eval(with_arguments(preamble(), lua, arguments),
                {key.key(), key.void_mark(token), key.fence(), key.queue(), key.seen()}, arguments);
}

Request lone_script_request(std::string_view lua, const LockKey& key, std::initializer_list<ScriptArgument> arguments) {
    return eval(with_arguments("local K=KEYS[1]\n", lua, arguments), {key.key()}, arguments);
}

Request publishing_script_request(std::string_view lua, const LockKey& key, std::string_view token,
                                  std::initializer_list<ScriptArgument> arguments) {
    Request request{"PING"};
    request.append(script_request(lua, key, token, arguments));
    return request;
}

} // namespace holdfast
