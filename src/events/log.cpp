#include "events/log.hpp"

#include "base/clock.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <unistd.h>

namespace holdfast {
namespace {

LogStyle& style() {
    static LogStyle style;
    return style;
}

bool shown(const Event& event, Verbosity verbosity) {
    if (style().format == LogFormat::json && verbosity == Verbosity::normal) verbosity = Verbosity::verbose;
    return verbosity >= kind(event).least;
}

std::string line(const Event& event) {
    if (style().format == LogFormat::text) return fmt::format("holdfast: {}\n", sentence(event));
    Json json = Json::object({{"time", rfc3339(wall_time_since_epoch())}, {"event", kind(event).name}});
    const std::string one_lock = lock(event);
    if (const std::string& name = one_lock.empty() ? style().lock : one_lock; !name.empty()) json.add("lock", name);
    json.add("message", sentence(event));
    for (const auto& [name, value] : fields(event)) json.add(name, value);
    return json.line();
}

bool is_writable(int fd) {
    pollfd out{fd, POLLOUT, 0};
    return ::poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0;
}

} // namespace

Log::Log(Verbosity verbosity) : verbosity_{verbosity} {
    struct stat info {};
    // A file never makes us wait, and if opened again, it would be written from its start.
    if (::fstat(STDERR_FILENO, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode)))
        impatient_ = Fd{::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    const char* term = std::getenv("TERM"); // NOLINT(concurrency-mt-unsafe): no thread changes the environment
    redraws_ = style().format == LogFormat::text && verbosity != Verbosity::quiet && ::isatty(STDERR_FILENO) == 1 &&
               term != nullptr && std::string_view{term} != "dumb";
}

void Log::tell(const Event& event) const {
    if (shown(event, verbosity_)) put(line(event));
}

void Log::redraw(std::string_view sentence) const {
    winsize size{};
    ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    std::string text = sentence.empty() ? "" : fmt::format("holdfast: {}", sentence);
    if (size.ws_col > 1) text.resize(std::min<size_t>(text.size(), size.ws_col - 1U));
    put(fmt::format("\r{}\x1b[K", text));
}

void Log::put(std::string_view text) const {
    const int fd = impatient_ ? impatient_.get() : STDERR_FILENO;
    // A terminal to which another process is writing takes nothing for a moment, even if it is read, so try again.
    for (int tries = ::isatty(fd) == 1 ? 10 : 1; tries > 0; --tries) {
        if (is_writable(fd) && (::write(fd, text.data(), text.size()) >= 0 || errno != EAGAIN)) return;
        if (tries > 1) ::poll(nullptr, 0, 1);
    }
}

void set_log_style(LogStyle wanted) { style() = std::move(wanted); }

void tell_at_end(const Event& event, Verbosity verbosity) {
    if (shown(event, verbosity)) write_all(STDERR_FILENO, line(event));
}

} // namespace holdfast
