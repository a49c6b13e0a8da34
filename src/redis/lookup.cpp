#include "redis/lookup.hpp"

#include "base/error.hpp"
#include "base/fd.hpp"

#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <poll.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace holdfast {
namespace {

void notify(const Fd& event) {
    const uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(event.get(), &one, sizeof one);
}

void clear(const Fd& event) {
    uint64_t count = 0;
    [[maybe_unused]] const auto ignored = ::read(event.get(), &count, sizeof count);
}

} // namespace

struct Lookup::Shared {
    const Fd has_found = make_event_fd();
    const Fd wakes = make_event_fd(); ///< there is a wish, or the owner has gone
    std::atomic<bool> over = false;
    std::atomic<bool> follow = false;
    bool has_thread = true; ///< used by the owner alone
    std::mutex mutex;       ///< guards all members below
    uint64_t wishes = 1;
    uint64_t fulfilled = 0; ///< the last wish to which a result belongs
    Wish wish{};            ///< the last wish
    std::optional<Found> found{};
};

void Lookup::look(Shared& shared, Locator& locator) {
    while (!shared.over) {
        std::unique_lock lock{shared.mutex};
        clear(shared.wakes); // under the lock, so that a wish that comes later ends the search
        const uint64_t number = shared.wishes;
        const Wish wish = std::exchange(shared.wish, Wish{});
        lock.unlock();
        std::optional<Found> found;
        try {
            found = locator.find(wish, shared.wakes.get());
        } catch (const std::exception& error) {
            found = tl::unexpected{NodeFailure{NodeFailure::Kind::unreachable, error.what()}};
        }
        lock.lock();
        // If another wish has come meanwhile, this result does not fulfil it.
        if (shared.over || shared.wishes != number) continue;
        shared.found = std::move(found);
        shared.fulfilled = number;
        notify(shared.has_found);
        lock.unlock();
        try {
            locator.wait(shared.follow, shared.wakes.get());
        } catch (const std::exception&) {
            // Whatever has failed, the thread still waits for the next wish.
            locator.Locator::wait(false, shared.wakes.get());
        }
    }
}

void Locator::wait(bool, int interrupt) {
    pollfd fd{interrupt, POLLIN, 0};
    ::poll(&fd, 1, -1);
}

Lookup::Lookup(const Node& node, milliseconds node_timeout) : shared_{std::make_shared<Shared>()} {
    // This may throw Failure, so it comes before the signals are blocked.
    auto locator = make_locator(node, node_timeout);
    // The thread must take no signal that is meant for us.
    sigset_t all;
    sigset_t ours;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &ours);
    try {
        std::thread{[shared = shared_, locator = std::move(locator)] { look(*shared, *locator); }}.detach();
    } catch (const std::system_error& error) {
        shared_->found =
            tl::unexpected{NodeFailure{NodeFailure::Kind::unreachable, fmt::format("its name cannot be looked up: {}",
                                                                                   errno_text(error.code().value()))}};
        shared_->fulfilled = shared_->wishes;
        shared_->has_thread = false;
        notify(shared_->has_found);
    }
    ::pthread_sigmask(SIG_SETMASK, &ours, nullptr);
}

Lookup::~Lookup() {
    if (!shared_) return;
    shared_->over = true;
    notify(shared_->wakes);
}

bool Lookup::has_thread() const { return shared_->has_thread; }

int Lookup::fd() const { return shared_->has_found.get(); }

std::optional<Found> Lookup::take() {
    const std::lock_guard lock{shared_->mutex};
    clear(shared_->has_found);
    return std::exchange(shared_->found, std::nullopt);
}

bool Lookup::is_looking() const {
    const std::lock_guard lock{shared_->mutex};
    return shared_->fulfilled < shared_->wishes;
}

void Lookup::again(Wish wish) {
    if (!shared_->has_thread) return;
    const std::lock_guard lock{shared_->mutex};
    ++shared_->wishes;
    shared_->wish = std::move(wish);
    begun_ = BootClock::now();
    notify(shared_->wakes);
}

void Lookup::follow() {
    if (!shared_->follow.exchange(true)) again();
}

} // namespace holdfast
