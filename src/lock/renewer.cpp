#include "lock/renewer.hpp"

#include "base/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace holdfast {
namespace {

constexpr milliseconds first_round_after{250};

std::string with_reports(std::string sentence, const std::vector<NodeReport>& reports) {
    for (const NodeReport& report : reports) sentence += fmt::format("\n  {}  {}", report.node, report.text);
    return sentence;
}

} // namespace

Renewer::Renewer(Lock& lock, LiveDeadline& deadline)
    : lock_{lock}, deadline_{deadline}, stop_event_{make_event_fd()}, thread_{[this] { run(); }} {}

Renewer::~Renewer() { stop(); }

void Renewer::stop() {
    if (!thread_.joinable()) return;
    const uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(stop_event_.get(), &one, sizeof one);
    thread_.join();
}

void Renewer::run() noexcept {
    try {
        rounds();
    } catch (const std::exception& error) {
        // Whatever fails here, the command must not go on under a lock that nobody renews.
        deadline_.lose(fmt::format("renewal failed: {}", error.what()));
    }
}

void Renewer::rounds() {
    const milliseconds interval = lock_.timing().renewal_interval();
    // Between the grant and our listening the lock may have been taken away unheard.
    BootTime next = BootClock::now() + std::min(interval, first_round_after);
    while (!stop_requested_within(next)) {
        // Told of it or not, what counts is what the nodes say.
        const auto by_whom = lock_.taken_away();
        if (!by_whom && BootClock::now() < next) continue;
        // Past the lease nothing revives the lock, not even nodes that still have our key (hazard 45).
        if (BootClock::now() >= deadline_.at()) return deadline_.lose(deadline_.reason());
        const BootTime began = BootClock::now();
        // Too late is too late, also for a yes that was under way; and of a loss only the reason is told.
        const auto moved = [&] {
            const BootTime valid_until = lock_.valid_until();
            if (valid_until != not_granted && BootClock::now() < deadline_.at()) deadline_.move(valid_until);
        };
        switch (lock_.extend(moved, stop_event_.get())) {
        case Renewal::lost:
            return deadline_.lose(by_whom ? *by_whom
                                          : with_reports("the nodes no longer grant it", lock_.last_reports()));
        case Renewal::held: next = began + interval; break;
        case Renewal::shaky:
            deadline_.explain(with_reports("it could not be renewed in time", lock_.last_reports()));
            next = BootClock::now() + interval / 32 + random_up_to(interval / 16);
            break;
        }
    }
}

bool Renewer::stop_requested_within(BootTime until) {
    lock_.nodes().wait(until, stop_event_.get());
    std::vector<pollfd> fds{{stop_event_.get(), POLLIN, 0}};
    poller_.wait(fds, BootTime{});
    return fds.front().revents != 0;
}

} // namespace holdfast
