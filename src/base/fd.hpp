// Fd owns a file descriptor and closes it when the Fd is destroyed.
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

/// An eventfd(2), non-blocking and close-on-exec. Throws Failure.
Fd make_event_fd();

/// Writes all of the text, and waits for the reader as long as that takes, even if the descriptor is non-blocking.
/// False, with an errno, if writing fails; a part may have been written.
bool write_all(int fd, std::string_view text);

/// The descriptor with that number, if the program that started holdfast gave it to us open for writing; otherwise
/// nothing. Makes a descriptor above 2 close-on-exec, so that programs that we start do not inherit it. Main thread.
std::optional<int> given_for_writing(std::string_view number);

/// Closes the descriptor `first` and all above it, even if the kernel or a filter of system calls refuses
/// close_range(2). Async-signal-safe.
void close_from(int first);

/// Opens /dev/null at those of the descriptors 0 to 2 that are closed, so that no socket of ours gets such a number and
/// receives output for stderr. The new descriptors are close-on-exec, so the command finds them closed again.
void reserve_standard_fds();
/// Whether that descriptor (0 to 2) was closed when holdfast was started, so that a write to it is lost. Call after
/// reserve_standard_fds(), which has marked it.
bool was_closed(int standard_fd);

} // namespace holdfast
