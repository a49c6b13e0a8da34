// A user at a terminal: a real interactive bash, with job control and without anybody's settings, on a terminal of its
// own.
//
// The terminal does not echo, so that what appears was written by a program. The prompt shows the last status: "[0]> ".
#pragma once

#include "base/fd.hpp"

#include <sys/types.h>

#include <map>
#include <string>

namespace holdfast::test {

class Shell {
  public:
    /// At its first prompt. The environment is set on top of the test's own.
    explicit Shell(const std::map<std::string, std::string>& environment = {});
    Shell(const Shell&) = delete;
    Shell& operator=(const Shell&) = delete;
    /// Kills its whole session.
    ~Shell();

    /// Types: "\r" is Enter, "\x03" Ctrl-C, "\x1a" Ctrl-Z, "\x1c" Ctrl-backslash, "\x1b" Esc.
    void say(const std::string& keys) const;
    /// Reads until that text has appeared; gives what came before it, since the last such call. Throws when patience
    /// ends first.
    std::string wait_for(const std::string& text);
    /// Waits until nothing that it has started lives. A process that a signal has ended, and that has not run since,
    /// may still read the first byte of what is typed next.
    void wait_until_alone() const;
    /// The same for the prompt; gives the status that it shows.
    int wait_for_prompt();
    /// A line and what it shows, to the next prompt.
    std::string run(const std::string& line);

  private:
    struct Started {
        pid_t pid;
        Fd terminal;
    };
    static Started start(const std::map<std::string, std::string>& environment);
    explicit Shell(Started started);

    pid_t pid_;
    Fd terminal_;
    std::string shown_;
};

} // namespace holdfast::test
