#include "base/log.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <unistd.h>

namespace holdfast {
namespace {

std::string line(std::string_view sentence) { return fmt::format("holdfast: {}\n", sentence); }

} // namespace

Log::Log(Verbosity verbosity) : verbosity_{verbosity} {
    struct stat info {};
    // A file never makes us wait; opened anew it would be written from its start.
    if (::fstat(STDERR_FILENO, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode)))
        impatient_ = Fd{::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    const char* term = std::getenv("TERM"); // NOLINT(concurrency-mt-unsafe): nobody changes the environment
    redraws_ = verbosity != Verbosity::quiet && ::isatty(STDERR_FILENO) == 1 && term != nullptr &&
               std::string_view{term} != "dumb";
}

void Log::write(std::string_view sentence) const { put(line(sentence)); }

void Log::redraw(std::string_view sentence) const {
    winsize size{};
    ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    std::string text = sentence.empty() ? "" : fmt::format("holdfast: {}", sentence);
    if (size.ws_col > 1) text.resize(std::min<size_t>(text.size(), size.ws_col - 1U));
    put(fmt::format("\r{}\x1b[K", text));
}

void Log::put(std::string_view text) const {
    pollfd out{STDERR_FILENO, POLLOUT, 0};
    if (!impatient_ && (::poll(&out, 1, 0) != 1 || (out.revents & POLLOUT) == 0)) return;
    const int fd = impatient_ ? impatient_.get() : STDERR_FILENO;
    [[maybe_unused]] const auto ignored = ::write(fd, text.data(), text.size());
}

void Log::info(std::string_view sentence) const {
    if (verbosity_ != Verbosity::quiet) write(sentence);
}

void Log::detail(std::string_view sentence) const {
    if (verbosity_ == Verbosity::verbose) write(sentence);
}

void write_error(std::string_view sentence) {
    const std::string text = line(sentence);
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t n = ::write(STDERR_FILENO, rest.data(), rest.size());
        if (n <= 0) return;
        rest.remove_prefix(static_cast<size_t>(n));
    }
}

} // namespace holdfast
