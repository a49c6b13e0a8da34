#include "lock/operations.hpp"

namespace holdfast {
namespace {

/// Whether the server knows no EVAL, or our user may not use EVAL.
bool refuses_scripts(const Reply& reply) {
    return (reply.is_error("NOPERM") || reply.text.starts_with("ERR unknown command")) &&
           reply.type == Reply::Type::error &&
           (reply.text.find("'eval'") != std::string::npos || reply.text.find("'EVAL'") != std::string::npos ||
            reply.text.find("`EVAL`") != std::string::npos);
}

/// Whether a cluster moves the keys to another server at the moment.
bool is_on_the_way(const Reply& reply) { return reply.is_error("TRYAGAIN") || reply.is_error("ASK"); }

Exchange by_transaction(const LockKey& key, const Operation& operation) {
    return std::visit([&](const auto& one) { return one.transaction(key); }, operation);
}

/// The operation on the lock's key alone, if it can do without the others.
std::optional<Request> alone(const LockKey& key, const Operation& operation) {
    return std::visit(
        [&](const auto& one) -> std::optional<Request> {
            if constexpr (requires { one.alone(key); }) return one.alone(key);
            else return {};
        },
        operation);
}

} // namespace

Exchange exchange(const LockKey& key, const Operation& operation, Mode& mode) {
    if (mode == Mode::transactions) return by_transaction(key, operation);
    return {std::visit([&](const auto& one) { return one.script(key); }, operation),
            [&mode, key, operation](std::vector<Reply>&& replies) -> Step {
                if (is_on_the_way(replies.back()))
                    if (auto request = alone(key, operation)) return Exchange{std::move(*request), {}, true};
                if (!refuses_scripts(replies.back())) return std::move(replies.back());
                mode = Mode::transactions;
                return by_transaction(key, operation);
            }};
}

} // namespace holdfast
