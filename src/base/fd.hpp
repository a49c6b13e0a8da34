// A file descriptor that is closed with its owner.
#pragma once

#include <optional>
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

/// Writes all of the text, and waits for the reader as long as that takes, even if the descriptor is non-blocking.
/// False, with an errno, if writing fails; a part may have been written.
bool write_all(int fd, std::string_view text);

/// The descriptor of that number that our caller has opened for writing; nothing if there is none. Programs that we
/// start do not inherit it, unless it is stdout or stderr. Main thread.
std::optional<int> given_for_writing(std::string_view number);

/// Closes that descriptor and all above, even if the kernel or a filter of system calls refuses close_range(2).
/// Async-signal-safe.
void close_from(int first);

/// Opens those of the descriptors 0 to 2 that are closed, so that no socket of ours gets such a number and receives
/// output for stderr. Close-on-exec, so for the command they are closed again.
void reserve_standard_fds();
/// Whether that descriptor was closed at the start, so that a write to it is lost.
bool was_closed(int standard_fd);

} // namespace holdfast
