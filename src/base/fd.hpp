// A file descriptor that is closed with its owner.
#pragma once

#include <string_view>
#include <unistd.h>
#include <utility>

namespace holdfast {

class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_{fd} {}
    Fd(Fd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Fd& operator=(Fd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Fd() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    void reset() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

  private:
    int fd_ = -1;
};

struct Pipe {
    Fd read, write;
};

/// Both ends close-on-exec. Throws Failure.
Pipe make_pipe();

/// Non-blocking and close-on-exec. Throws Failure.
Fd make_event_fd();

/// Writes all of it, and waits for the reader as long as that takes, also where the descriptor is non-blocking. False,
/// with an errno, when it cannot be written; some of it may have been.
bool write_all(int fd, std::string_view text);

/// Closes that descriptor and all above, also where the kernel or a filter of system calls refuses close_range(2).
/// Async-signal-safe.
void close_from(int first);

/// Fills those of the descriptors 0 to 2 that are closed, so that no socket of ours gets such a number and what is
/// meant for stderr ends up in it. Close-on-exec: for the command they are closed again.
void reserve_standard_fds();
/// That descriptor of them was closed, and what is written to it is lost.
bool was_closed(int standard_fd);

} // namespace holdfast
