#include "cli/run_messages.hpp"

#include "cli/messages.hpp"

#include <fmt/format.h>

namespace holdfast {

Failure not_started(const Locks& locks) {
    return {ExitStatus::lost, fmt::format("the command was not started, and the lock is gone: {}", locks.why_lost())};
}

Failure lost_again(const std::string& why) {
    return {ExitStatus::too_few_nodes,
            with_ending("a lock was lost again while the others were taken: " + why, "; the command was not run")};
}

void tell_let_go(const Log& log, std::span<const Lock> locks, const Hold::LetGo& let_go, milliseconds held) {
    const auto rest = let_go.how == Hold::LetGo::How::kept ? std::optional{let_go.rest} : std::nullopt;
    for (size_t i = 0; i < locks.size(); ++i) {
        const Lock& lock = locks[i];
        if (let_go.confirmed[i]) log.tell(event::let_go(lock.key().name, held, rest));
        else log.tell(event::not_let_go(lock.key().name, lock.timing().ttl, rest, lock.last_reports()));
        if (!lock.marked()) log.tell(event::not_marked(lock.last_reports()));
    }
}

} // namespace holdfast
