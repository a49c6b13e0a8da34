#include "events/log_target.hpp"

#include "base/error.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace holdfast {
namespace {

constexpr const char* system_log = "/dev/log";
constexpr std::string_view descriptor = "fd:";

/// Opens a file, or a FIFO without a wait for its reader: it fails if there is none. Later writes wait.
Fd open_file(const std::string& path) {
    Fd fd{::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0640)};
    if (fd) ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
    return fd;
}

Fd connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    Fd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fd = Fd{};
    return fd;
}

bool is_fifo(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISFIFO(info.st_mode);
}

/// Words that mean a place, and would otherwise be taken for files of that name, and how the place is written instead.
/// A word that ends in a colon stands for all texts that begin with it.
struct Place {
    std::string_view word;
    std::string_view written;
};
constexpr Place places[]{
    {"file:", "the path alone"}, {"syslog:", "syslog"},  {"stdout", "fd:1"},    {"stdin", "stderr"},
    {"console", "stderr"},       {"terminal", "stderr"}, {"-", "stderr"},       {"journal", "syslog"},
    {"journald", "syslog"},      {"systemd", "syslog"},  {"none", "/dev/null"}, {"off", "/dev/null"},
    {"null", "/dev/null"},       {"1", "fd:1"},          {"2", "stderr"},       {"3", "fd:3"}};

std::string what_to_do(int error) {
    if (error == ENOENT) return "make its folder first, or name another file";
    if (error == EACCES || error == EPERM) return "let this user write it, or name another file";
    return "name another file";
}

} // namespace

tl::expected<LogTarget, std::string> LogTarget::syslog(const std::string& socket_path) {
    Fd fd = connect_to(socket_path);
    if (fd) return LogTarget{"syslog", socket_path, true, std::move(fd)};
    return tl::unexpected{
        fmt::format("to be had: {}: {}; start the system's log, or name a file", socket_path, errno_text(errno))};
}

tl::expected<LogTarget, std::string> LogTarget::open(const std::string& text) {
    if (text.empty()) return tl::unexpected{std::string{"stderr, syslog, fd:N or a file"}};
    if (text == "syslog") return syslog(system_log);
    if (text.starts_with(descriptor)) {
        const auto number = given_for_writing(std::string_view{text}.substr(descriptor.size()));
        if (number) return LogTarget{text, "", false, Fd{::fcntl(*number, F_DUPFD_CLOEXEC, 3)}};
        return tl::unexpected{
            std::string{"a descriptor open for writing, as in: holdfast run --log-to fd:3 ... 3>>log"}};
    }
    const auto is = [&](const Place& place) {
        return place.word.ends_with(':') ? text.starts_with(place.word) : text == place.word;
    };
    if (const auto* const place = std::ranges::find_if(places, is); place != std::end(places))
        return tl::unexpected{fmt::format("a place of that name; write {}, or ./{} for a file", place->written, text)};
    Fd fd = open_file(text);
    const int error = errno;
    if (fd || (error == ENXIO && is_fifo(text))) return LogTarget{text, text, false, std::move(fd)};
    return tl::unexpected{fmt::format("a file that can be written: {}; {}", errno_text(error), what_to_do(error))};
}

int LogTarget::write(std::string_view line) {
    errno = 0;
    if (!is_current()) open_again();
    if (fd_ && put(line)) return 0;
    // The program that reads a FIFO, and the system's log, may have been started anew, so try a new descriptor.
    if (!path_.empty()) open_again();
    if (fd_ && put(line)) return 0;
    return errno;
}

bool LogTarget::is_current() const {
    if (path_.empty() || syslog_) return true;
    struct stat ours {};
    struct stat named {};
    return fd_ && ::fstat(fd_.get(), &ours) == 0 && ::stat(path_.c_str(), &named) == 0 && ours.st_dev == named.st_dev &&
           ours.st_ino == named.st_ino;
}

void LogTarget::open_again() {
    Fd fresh = syslog_ ? connect_to(path_) : open_file(path_);
    const int error = errno;
    struct stat ours {};
    // A moved file is used until there is another at its path; a removed one is not, because its lines would be lost.
    const bool goes_on = !syslog_ && fd_ && ::fstat(fd_.get(), &ours) == 0 && ours.st_nlink > 0;
    if (fresh || !goes_on) fd_ = std::move(fresh);
    errno = error;
}

bool LogTarget::put(std::string_view line) {
    pollfd room{fd_.get(), POLLOUT, 0};
    ::poll(&room, 1, -1);
    if (torn_ && ::write(fd_.get(), "\n", 1) != 1) return false;
    torn_ = false;
    const ssize_t size = ::write(fd_.get(), line.data(), line.size());
    if (size <= 0) return false;
    torn_ = !write_all(fd_.get(), line.substr(static_cast<size_t>(size)));
    return !torn_;
}

} // namespace holdfast
