#include "events/log_writer.hpp"

#include "base/clock.hpp"
#include "base/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

namespace holdfast {
namespace {

constexpr size_t most_lines = 1000;
constexpr milliseconds last_wait{100};

std::string why(int error) {
    if (error == 0) return "it takes no more";
    return error == ENXIO || error == EPIPE ? "no program reads it" : errno_text(error);
}

} // namespace

struct LogWriter::Shared {
    explicit Shared(LogTarget wanted) : target{std::move(wanted)} {}

    LogTarget target; ///< written by the thread alone
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::string> lines; ///< the first is being written, and stays until it is written
    size_t dropped = 0;
    int error = 0; ///< the errno for which a line was dropped last
};

LogWriter::LogWriter(LogTarget target) : shared_{std::make_shared<Shared>(std::move(target))} {}

const LogTarget& LogWriter::target() const { return shared_->target; }

void LogWriter::add(std::string line) {
    {
        const std::lock_guard lock{shared_->mutex};
        if (shared_->lines.size() < most_lines) shared_->lines.push_back(std::move(line));
        else ++shared_->dropped;
    }
    shared_->changed.notify_all();
    if (started_) return;
    sigset_t all;
    sigset_t ours;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &ours);
    try {
        std::thread{[shared = shared_] { write_lines(*shared); }}.detach();
        started_ = true;
    } catch (const std::system_error& error) {
        // The next line tries to start the thread again.
        shared_->error = error.code().value();
    }
    ::pthread_sigmask(SIG_SETMASK, &ours, nullptr);
}

// Asks for no memory, because there may be none (lock/renewer.cpp).
void LogWriter::write_lines(Shared& shared) noexcept {
    std::unique_lock lock{shared.mutex};
    while (true) {
        shared.changed.wait(lock, [&] { return !shared.lines.empty(); });
        const std::string& line = shared.lines.front();
        lock.unlock();
        const int error = shared.target.write(line);
        lock.lock();
        if (error != 0) {
            ++shared.dropped;
            shared.error = error;
        }
        shared.lines.pop_front();
        shared.changed.notify_all();
    }
}

std::optional<std::string> LogWriter::finish() {
    std::unique_lock lock{shared_->mutex};
    shared_->changed.wait_for(lock, last_wait, [&] { return shared_->lines.empty(); });
    const size_t lost = shared_->dropped + shared_->lines.size();
    if (lost == 0) return {};
    return fmt::format("{} line{} of the log could not be written to {} (--log-to): {}", lost, lost == 1 ? "" : "s",
                       shared_->target.name(), why(shared_->error));
}

} // namespace holdfast
