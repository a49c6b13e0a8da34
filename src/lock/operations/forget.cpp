#include "lock/operations/forget.hpp"

#include "lock/operations/common.hpp"
#include "lock/operations/marking.hpp"

namespace holdfast {

extern const std::string_view forget_lua;

ScriptCall Forget::script(const LockKey& key) const {
    return script_call({std::string{forget_lua}, {}, {done_key(key)}}, key, "");
}

Exchange Forget::transaction(const LockKey& key) const {
    const auto read_and_delete = [key](Request& request) {
        request.add({"GET", key.done()});
        request.add({"PTTL", key.done()});
        request.add({"DEL", key.done()});
    };
    const auto answer = [](const Reply& results) -> Step {
        return list({text("forgotten"), text(results.items[0].text), integer(results.items[1].integer)});
    };
    return commit(read_and_delete, answer, [key] { return Forget{}.transaction(key); });
}

} // namespace holdfast
