#include "cli/run_messages.hpp"

#include <fmt/format.h>

namespace holdfast {

Failure not_started(const Lock& lock) {
    const auto& why = lock.taken_away();
    return {ExitStatus::lost,
            fmt::format("the command was not started, and the lock is gone: {}",
                        why ? *why : "the nodes no longer grant it" + node_lines(lock.last_reports()))};
}

void tell_let_go(const Log& log, const Lock& lock, const Hold::LetGo& let_go, milliseconds held) {
    const auto rest = let_go.how == Hold::LetGo::How::kept ? std::optional{let_go.rest} : std::nullopt;
    if (let_go.confirmed) log.tell(event::LetGo{lock.key().name, held, rest});
    else log.tell(event::NotLetGo{lock.timing().ttl, rest, lock.last_reports()});
}

} // namespace holdfast
