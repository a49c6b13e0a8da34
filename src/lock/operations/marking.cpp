#include "lock/operations/marking.hpp"

namespace holdfast {

extern const std::string_view last_success_lua;
extern const std::string_view skip_lua;
extern const std::string_view mark_lua;

std::string skipping(std::string_view operation) { return joined({last_success_lua, skip_lua, operation}); }

Request marking_script_request(std::string_view operation, const LockKey& key, std::string_view token,
                               const Success& success, ScriptArguments arguments) {
    arguments.push_back({"success", success.record.value});
    arguments.push_back({"age", argument(success.age)});
    arguments.push_back({"left", argument(success.left)});
    return script_request(joined({last_success_lua, "local function operate()\n", operation, "\nend\n", mark_lua}), key,
                          token, arguments, with_done_key({}, key));
}

ScriptArguments with_done_key(ScriptArguments more_keys, const LockKey& key) {
    more_keys.push_back({"DONE", key.done()});
    return more_keys;
}

} // namespace holdfast
