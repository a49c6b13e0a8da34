#include "lock/operations.hpp"

#include "lock/operations/common.hpp"
#include "redis/explain.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

/// Whether a cluster moves the keys to another server at the moment.
bool is_on_the_way(const Reply& reply) { return reply.is_error("TRYAGAIN") || reply.is_error("ASK"); }

/// The exchange, which calls `end` with its last reply.
Exchange ending_in(Exchange exchange, const std::function<void(const Reply&)>& end) {
    exchange.then = [then = std::move(exchange.then), end](std::vector<Reply>&& replies) -> Step {
        Step step = then(std::move(replies));
        if (auto* next = std::get_if<Exchange>(&step)) return ending_in(std::move(*next), end);
        end(std::get<Reply>(step));
        return step;
    };
    return exchange;
}

Exchange by_transaction(const LockKey& key, const Operation& operation, Mode& mode) {
    return ending_in(std::visit([&](const auto& one) { return one.transaction(key); }, operation),
                     [&mode](const Reply& reply) {
                         if (reply.type != Reply::Type::error) mode = Mode::transactions;
                     });
}

/// The operation on the lock's key alone; nothing if it cannot do without the lock's other keys.
std::optional<Request> alone(const LockKey& key, const Operation& operation) {
    return std::visit(
        [&](const auto& one) -> std::optional<Request> {
            if constexpr (requires { one.alone(key); }) return one.alone(key);
            else return {};
        },
        operation);
}

/// Whether the operation has only a script and no transaction: for a member of a group, and with once_in.
bool needs_scripts(const Operation& operation) {
    if (const auto* acquire = std::get_if<Acquire>(&operation); acquire != nullptr && acquire->once_in) return true;
    return std::visit(
        [](const auto& one) {
            if constexpr (requires { one.seat; }) return one.seat.has_value();
            else return false;
        },
        operation);
}

/// What follows if the node refuses even a script's text with this error.
Step without_scripts(const LockKey& key, const Operation& operation, Mode& mode, const Reply& error) {
    if (needs_scripts(operation)) return verdict("no_scripts");
    Exchange transaction = by_transaction(key, operation, mode);
    transaction.before = fmt::format("at EVAL {}; at MULTI ", meaning(error).text);
    return transaction;
}

} // namespace

struct LockOperation::Parts {
    LockKey key;
    Operation operation;
    std::optional<Request> digest{}; ///< put together when it is first needed
    std::optional<Request> text{};

    const Request& request(bool by_digest) {
        std::optional<Request>& made = by_digest ? digest : text;
        if (made) return *made;
        const ScriptCall call = std::visit([&](const auto& one) { return one.script(key); }, operation);
        return made.emplace(by_digest ? call.by_digest() : call.by_text());
    }

    static Exchange by_script(const std::shared_ptr<Parts>& parts, Mode& mode, bool by_digest) {
        return {parts->request(by_digest), [&mode, parts, by_digest](std::vector<Reply>&& replies) -> Step {
                    Reply& reply = replies.back();
                    if (is_on_the_way(reply))
                        if (auto request = alone(parts->key, parts->operation))
                            return Exchange{std::move(*request), {}, true};
                    if (!refuses_command(reply)) return std::move(reply);
                    if (!by_digest) return without_scripts(parts->key, parts->operation, mode, reply);
                    mode = Mode::texts;
                    return by_script(parts, mode, false);
                }};
    }
};

LockOperation::LockOperation(LockKey key, Operation operation)
    : parts_{std::make_shared<Parts>(Parts{std::move(key), std::move(operation)})} {}

Exchange LockOperation::on(Mode& mode, bool awaited) const {
    if (mode == Mode::transactions && !needs_scripts(parts_->operation))
        return by_transaction(parts_->key, parts_->operation, mode);
    return Parts::by_script(parts_, mode, mode == Mode::scripts && awaited);
}

} // namespace holdfast
