#include "cli/lock_view.hpp"
#include "cli/screen.hpp"
#include "fuzz/targets.hpp"
#include "lock/inspection.hpp"

#include <span>

namespace {

using namespace holdfast;

const LockKey key{"name", "prefix:"};
const Token token{"0123456789abcdef0123456789abcdef", 2};
const Record ours = Record::make(token, {"label", "user", "host", 1, milliseconds{1'700'000'000'000}, seconds{30}});

void judge(std::vector<Reply> replies) {
    const Answer answer{std::move(replies), BootTime{}, {}};
    const auto one = node_reply(answer);
    if (!one) return fuzz::require_printable(one.error().text);
    const Inspection seen = tally({{"node", one}});
    lock_text(key, seen);
    Json json = lock_json(key, seen);
    json.add("waiters", waiters_json(seen));
    json.add("nodes", nodes_json(seen));
    json.line();
}

/// Each step gets as many of the replies as it asks for.
void go_through(Exchange exchange, std::span<const Reply> replies) {
    while (replies.size() >= exchange.request.commands()) {
        const auto taken = replies.first(exchange.request.commands());
        replies = replies.subspan(taken.size());
        Step step = exchange.then({taken.begin(), taken.end()});
        if (const auto* last = std::get_if<Reply>(&step)) return judge({*last});
        exchange = std::get<Exchange>(std::move(step));
    }
}

} // namespace

/// The first byte: in pieces of how many bytes the others come.
void holdfast::fuzz::reply(std::string_view input) {
    if (input.empty()) return;
    const size_t piece = std::max<size_t>(static_cast<unsigned char>(input.front()), 1);
    input.remove_prefix(1);
    ReplyReader reader;
    std::vector<Reply> replies;
    for (; !input.empty(); input.remove_prefix(std::min(piece, input.size()))) {
        reader.feed(input.substr(0, piece));
        while (auto one = reader.next()) {
            one->number();
            one->find("role");
            time_of(*one);
            replies.push_back(std::move(*one));
        }
    }
    for (const Reply& one : replies) judge({one});
    go_through(Inspect{}.transaction(key), replies);
    const Operation operations[] = {Acquire{token, ours, seconds{30}, Fence{1}},
                                    Acquire{token, ours, seconds{30}, Fence{1},
                                            Waiting{ours.value, milliseconds{1'700'000'000'000}, {}, seconds{3}}},
                                    Raise{ours, Fence{2}},
                                    Extend{token, ours, seconds{30}},
                                    Restore{token, ours, seconds{30}, Fence{2}},
                                    Release{token, ours.value, true},
                                    Withdraw{token, ours.value, true},
                                    Revoke{ours, "words"}};
    for (const Operation& operation : operations)
        for (Mode mode : {Mode::scripts, Mode::transactions}) go_through(exchange(key, operation, mode), replies);
}
