#include "lock/renewer.hpp"

#include "lock/renewal.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <exception>

namespace holdfast {
namespace {

/// Makes the heap large enough for the renewal before it begins, because later there may be no memory.
void make_room() {
    void* volatile room = std::malloc(size_t{96} << 10); // volatile: the compiler must not remove the allocation
    std::free(room);
}

} // namespace

Renewer::Renewer(Locks locks, LiveDeadline& deadline)
    : locks_{locks}, deadline_{deadline}, stop_event_{make_event_fd()} {
    make_room();
    thread_ = std::thread{[this] { run(); }};
}

Renewer::~Renewer() { end({}); }

void Renewer::stop(const std::function<void()>& last) {
    end(last);
    if (failure_) std::rethrow_exception(failure_);
}

void Renewer::end(const std::function<void()>& last) {
    if (!thread_.joinable()) return;
    last_ = last;
    const uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(stop_event_.get(), &one, sizeof one);
    thread_.join();
}

void Renewer::run() noexcept {
    try {
        keep_renewing(locks_, deadline_, poller_, stop_event_.get());
    } catch (const std::exception& error) {
        // Whatever fails here, the command must not go on under locks that this thread no longer renews.
        deadline_.lose(fmt::format("renewal failed: {}", error.what()));
    }
    try {
        // After a loss the thread waits for stop(), because the command is stopped before last_ is called.
        pollfd stop{stop_event_.get(), POLLIN, 0};
        uint64_t times = 0;
        while (::read(stop.fd, &times, sizeof times) != sizeof times) ::poll(&stop, 1, -1);
        if (last_) last_();
    } catch (...) {
        failure_ = std::current_exception();
    }
}

} // namespace holdfast
