#include "base/fd.hpp"

#include "base/error.hpp"
#include "base/numbered.hpp"

#include <sys/eventfd.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <vector>

namespace holdfast {

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_failure("cannot make a pipe");
    return {Fd{ends[0]}, Fd{ends[1]}};
}

Fd make_event_fd() {
    Fd fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!fd) throw system_failure("cannot make an event descriptor");
    return fd;
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n >= 0) text.remove_prefix(static_cast<size_t>(n));
        else if (errno == EAGAIN) {
            pollfd taken{fd, POLLOUT, 0};
            ::poll(&taken, 1, -1);
        } else if (errno != EINTR) return false;
    }
    return true;
}

std::optional<int> given_for_writing(std::string_view number) {
    static std::vector<int> given;
    const int fd = number_in<int>(number).value_or(-1);
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) return {};
    if (std::ranges::find(given, fd) != given.end()) return fd;
    // A descriptor that closes on exec cannot come from the program that started holdfast, so holdfast itself has
    // opened it.
    if ((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0) return {};
    if (fd > STDERR_FILENO) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    given.push_back(fd);
    return fd;
}

void close_from(int first) {
    if (::close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
    const int list = ::open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (list >= 0) {
        each_number(list, [&](int fd) {
            if (fd >= first && fd != list) ::close(fd);
        });
        ::close(list);
        return;
    }
    // RLIMIT_NOFILE can be a thousand million; holdfast opens far fewer descriptors than `enough`.
    constexpr rlim_t enough = 65536;
    rlimit limit{enough, enough};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = first; fd < static_cast<int>(std::min(limit.rlim_max, enough)); ++fd) ::close(fd);
}

void reserve_standard_fds() {
    // open(2) returns the lowest free descriptor, which is `fd`, because those below are open.
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(fd, F_GETFD) < 0) [[maybe_unused]]
            const int opened = ::open("/dev/null", O_RDWR | O_CLOEXEC);
}

bool was_closed(int standard_fd) { return (::fcntl(standard_fd, F_GETFD) & FD_CLOEXEC) != 0; }

} // namespace holdfast
