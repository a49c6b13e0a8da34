// Where the lines of a log of its own go: a file, a FIFO, a descriptor that our caller opened, or the system's log.
//
// open() is called before a lock is taken and may wait for a disk. write() may wait for ever, so it has a thread of its
// own (events/log_writer.hpp).
#pragma once

#include "base/fd.hpp"

#include <tl/expected.hpp>

#include <string>
#include <string_view>

namespace holdfast {

class LogTarget {
  public:
    /// What `text` names: "syslog", "fd:3", or a path. A file is appended to, and made with mode 0640. A FIFO that no
    /// program reads is opened when one does. If it cannot be opened, the error is a text that continues "... is not":
    /// what was wanted, the cause, and what to do.
    static tl::expected<LogTarget, std::string> open(const std::string& text);
    /// The system's log that has its socket at that path; the error is a text as of open().
    static tl::expected<LogTarget, std::string> syslog(const std::string& socket_path);

    bool is_syslog() const { return syslog_; }
    /// The target's name, as the user gave it.
    const std::string& name() const { return name_; }

    /// Writes the line, by one write(2) if the target takes all of it at once, and waits as long as that takes. A file
    /// that was moved or removed is opened again first, and any target if the write fails, for a second try. Returns an
    /// errno; 0: the line is written.
    int write(std::string_view line);

  private:
    LogTarget(std::string name, std::string path, bool syslog, Fd fd)
        : name_{std::move(name)}, path_{std::move(path)}, syslog_{syslog}, fd_{std::move(fd)} {}

    bool is_current() const;
    void open_again();
    bool put(std::string_view line);

    std::string name_;
    std::string path_; ///< of the file or socket; empty: a descriptor of our caller's
    bool syslog_;
    Fd fd_;             ///< none: a FIFO that no program reads
    bool torn_ = false; ///< the last line was written in part
};

} // namespace holdfast
