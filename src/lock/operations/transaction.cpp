#include "lock/operations/transaction.hpp"

#include <algorithm>

namespace holdfast {
namespace {

const Reply* first_error(const Replies& replies) {
    const auto found = std::ranges::find(replies, Reply::Type::error, &Reply::type);
    return found == replies.end() ? nullptr : &*found;
}

} // namespace

Request watch(std::initializer_list<std::string_view> keys) {
    Request request{"MULTI"};
    request.add({"EXEC"});
    std::vector<std::string_view> words{"WATCH"};
    words.insert(words.end(), keys);
    request.add(words);
    return request;
}

Exchange ask(Request request, std::function<Step(Replies&&)> then) {
    return {std::move(request), [then = std::move(then)](Replies&& replies) -> Step {
                if (const Reply* error = first_error(replies)) return *error;
                return then(std::move(replies));
            }};
}

Exchange let_go(Reply answer, const Request& hints) {
    Request request{"UNWATCH"};
    request.append(hints);
    return {std::move(request), [answer = std::move(answer)](Replies&&) -> Step { return answer; }};
}

Exchange commit(const std::function<void(Request&)>& add, std::function<Step(const Reply& results)> then,
                std::function<Exchange()> again, const Request& hints) {
    Request request{"MULTI"};
    add(request);
    request.add({"EXEC"});
    request.set();
    const size_t exec = request.commands() - 1;
    request.append(hints);
    return {std::move(request), [exec, then = std::move(then), again = std::move(again)](Replies&& replies) -> Step {
                const Reply& results = replies[exec];
                if (results.type == Reply::Type::nil) return again();
                if (results.type == Reply::Type::error) {
                    // EXECABORT only says that a command was refused; the refusal itself says why.
                    const Reply* why = first_error(replies);
                    return *why;
                }
                if (const Reply* error = first_error(results.items)) return *error;
                // No Redis server sends another number of results; the text of this reply must not look like a verdict.
                if (results.items.size() != exec - 1) return Reply{Reply::Type::text, results.text, 0, {}};
                return then(results);
            }};
}

} // namespace holdfast
