#include "base/poller.hpp"

#include "base/error.hpp"

#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>

namespace holdfast {

Poller::Poller() : timer_{::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)} {
    if (!timer_) throw system_failure("cannot make a timer");
}

void Poller::wait(std::vector<pollfd>& fds, std::optional<BootTime> deadline) {
    // No timer is set for a mere look, because to set one takes as long as all the rest.
    const bool only_looks = deadline == BootTime{};
    itimerspec when{};
    if (deadline) {
        // A zero time would disarm the timer; any time in the past fires at once.
        const auto at = std::max(deadline->time_since_epoch(), nanoseconds{1});
        when.it_value.tv_sec = std::chrono::duration_cast<seconds>(at).count();
        when.it_value.tv_nsec = (at % seconds{1}).count();
    }
    // Setting the timer also clears an expiry that the last wait left unread.
    if (!only_looks) ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
    // Negative descriptors are left out: poll(2) would skip them, but it fails if there are more entries than
    // RLIMIT_NOFILE.
    open_.assign({{timer_.get(), POLLIN, 0}});
    for (const pollfd& fd : fds)
        if (fd.fd >= 0) open_.push_back(fd);
    const int ready = ::poll(open_.data(), open_.size(), only_looks ? 0 : -1);
    if (ready < 0 && errno != EINTR) throw system_failure("poll");
    auto polled = open_.begin();
    for (pollfd& fd : fds) fd.revents = fd.fd >= 0 && ready > 0 ? (++polled)->revents : short{0};
}

} // namespace holdfast
