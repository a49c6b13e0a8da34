#include "cli/run_messages.hpp"

#include "base/duration.hpp"
#include "cli/messages.hpp"

#include <fmt/format.h>

namespace holdfast {

void tell_acquired(const Log& log, const Lock& lock, const Attempt& attempt, milliseconds waited) {
    log.detail("acquired",
               fmt::format("{} acquired, fence {}{}", lock.key().name, lock.fence().number, node_lines(attempt.nodes)),
               {{"fence", lock.fence().number}, {"waited_ms", waited.count()}});
}

Failure not_started(const Lock& lock) {
    const auto& why = lock.taken_away();
    return {ExitStatus::lost,
            fmt::format("the command was not started, and the lock is gone: {}",
                        why ? *why : "the nodes no longer grant it" + node_lines(lock.last_reports()))};
}

void tell_let_go(const Log& log, const Lock& lock, const Hold::LetGo& let_go, milliseconds held) {
    const std::string ttl = format_duration(lock.timing().ttl);
    const std::string rest = format_duration(let_go.rest);
    switch (let_go.how) {
    case Hold::LetGo::How::kept:
        if (let_go.confirmed)
            return log.detail("kept", fmt::format("{} stays held for {} more (--min-hold)", lock.key().name, rest),
                              {{"held_ms", held.count()}});
        return log.info("not_kept", fmt::format("too few nodes confirmed that the lock stays held for {} more "
                                                "(--min-hold); it may be free sooner, or held until its TTL ends{}",
                                                rest, node_lines(lock.last_reports())));
    case Hold::LetGo::How::released:
        if (let_go.confirmed)
            return log.detail("released", fmt::format("{} released after {}", lock.key().name, format_duration(held)),
                              {{"held_ms", held.count()}});
        return log.info("not_released",
                        fmt::format("too few nodes confirmed the release; the lock may stay held for up to {}{}", ttl,
                                    node_lines(lock.last_reports())));
    }
}

} // namespace holdfast
