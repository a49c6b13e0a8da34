#include "lock/renewer.hpp"

#include "lock/renewal.hpp"

#include <fmt/format.h>

#include <exception>

namespace holdfast {

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
        keep_renewing(lock_, deadline_, poller_, stop_event_.get());
    } catch (const std::exception& error) {
        // Whatever fails here, the command must not go on under a lock that nobody renews.
        deadline_.lose(fmt::format("renewal failed: {}", error.what()));
    }
}

} // namespace holdfast
