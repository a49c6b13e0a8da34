#include "events/log.hpp"

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/node_report.hpp"
#include "base/user.hpp"
#include "events/log_writer.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <string>
#include <syslog.h>
#include <unistd.h>

namespace holdfast {
namespace {

LogStyle& style() {
    static LogStyle style;
    return style;
}

/// The writer of a log of its own; none: events go to stderr.
std::optional<LogWriter>& writer() {
    static std::optional<LogWriter> writer;
    return writer;
}

/// Whether that verbosity shows the event on stderr; with JSON lines there, normal counts as verbose.
bool shown(const Event& event, Verbosity verbosity) {
    if (style().format == LogFormat::json && !writer() && verbosity == Verbosity::normal)
        verbosity = Verbosity::verbose;
    return verbosity >= event.least;
}

/// The lock that the event is about, or else all locks of the run.
const std::string& about(const Event& event) { return event.lock.empty() ? style().lock : event.lock; }

std::string json_line(const Event& event) {
    Json json = Json::object({{"time", rfc3339(wall_time_since_epoch())}, {"event", event.name}});
    if (const std::string name = about(event); !name.empty()) json.add("lock", name);
    json.add("message", event.sentence);
    json.add("host", host_name());
    json.add("pid", ::getpid());
    for (const auto& [name, value] : event.fields) json.add(name, value);
    return json.line();
}

/// "deploy: deploy is held by ...", with the details behind the sentence.
std::string with_lock(const Event& event) {
    const std::string name = about(event);
    return fmt::format("{}{}{}\n", name, name.empty() ? "" : ": ", on_one_line(event.sentence));
}

/// The event in the form in which syslog(3) sends a message to the system's log.
std::string syslog_line(const Event& event) {
    const Verbosity least = event.least;
    const int severity = least == Verbosity::quiet ? LOG_ERR : least == Verbosity::normal ? LOG_NOTICE : LOG_INFO;
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    std::string text = style().format == LogFormat::json ? json_line(event) : with_lock(event);
    text.pop_back();
    return fmt::format("<{}>{} holdfast[{}]: {}", LOG_USER | severity,
                       time_text("%b %e %H:%M:%S", *::localtime_r(&now, &local)), ::getpid(), text);
}

/// A line that says by itself when and where the event was, because a log of its own has lines of many runs.
std::string own_line(const Event& event) {
    if (writer()->target().is_syslog()) return syslog_line(event);
    if (style().format == LogFormat::json) return json_line(event);
    return fmt::format("{} {} holdfast[{}]: {}", rfc3339(wall_time_since_epoch()), host_name(), ::getpid(),
                       with_lock(event));
}

std::string stderr_line(const Event& event) {
    return style().format == LogFormat::json && !writer() ? json_line(event)
                                                          : fmt::format("holdfast: {}\n", event.sentence);
}

/// stderr opened again, so that a write that would have to wait fails; stderr itself if that is not possible. A file is
/// not opened again, because it never makes us wait, and would be written from its start.
int impatient_stderr() {
    static const Fd again = [] {
        struct stat info {};
        const bool may_wait = ::fstat(STDERR_FILENO, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISCHR(info.st_mode));
        return may_wait ? Fd{::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)} : Fd{};
    }();
    return again ? again.get() : STDERR_FILENO;
}

bool is_writable(int fd) {
    pollfd out{fd, POLLOUT, 0};
    return ::poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0;
}

} // namespace

Log::Log(Verbosity verbosity) : verbosity_{verbosity} {
    const char* term = std::getenv("TERM"); // NOLINT(concurrency-mt-unsafe): no thread changes the environment
    redraws_ = (writer() || style().format == LogFormat::text) && verbosity != Verbosity::quiet && term != nullptr &&
               std::string_view{term} != "dumb" && ::isatty(STDERR_FILENO) == 1;
}

void Log::tell(const Event& event) const {
    if (writer()) writer()->add(own_line(event));
    else if (shown(event, verbosity_)) put(stderr_line(event));
}

bool Log::has_lines() const { return !redraws_ || writer(); }

void Log::redraw(std::string_view sentence) const {
    winsize size{};
    ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    std::string text = sentence.empty() ? "" : fmt::format("holdfast: {}", sentence);
    if (size.ws_col > 1) text.resize(std::min<size_t>(text.size(), size.ws_col - 1U));
    put(fmt::format("\r{}\x1b[K", text));
}

void Log::put(std::string_view text) const {
    const int fd = impatient_stderr();
    // A terminal to which another process is writing takes nothing for a moment, even if it is read, so try again.
    for (int tries = ::isatty(fd) == 1 ? 10 : 1; tries > 0; --tries) {
        if (is_writable(fd) && (::write(fd, text.data(), text.size()) >= 0 || errno != EAGAIN)) return;
        if (tries > 1) ::poll(nullptr, 0, 1);
    }
}

void set_log_style(LogStyle wanted) { style() = std::move(wanted); }

void log_apart(LogTarget target) { writer().emplace(std::move(target)); }

void tell_at_end(const Event& event, Verbosity verbosity) {
    if (writer()) writer()->add(own_line(event));
    if (shown(event, verbosity)) write_all(STDERR_FILENO, stderr_line(event));
}

void finish_log() {
    if (!writer()) return;
    if (const auto dropped = writer()->finish()) write_all(STDERR_FILENO, fmt::format("holdfast: {}\n", *dropped));
}

} // namespace holdfast
