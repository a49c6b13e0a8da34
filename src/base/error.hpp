// Failure ends the program: an exception with an exit status and a sentence. main() catches it; elsewhere only code
// that can do without what has failed, such as a file that is read again, and code that cleans up and throws it on. A
// node's failure is a value and no Failure (redis/node_failure.hpp), and "held by another" is a result (lock/lock.hpp).
#pragma once

#include "base/exit_status.hpp"

#include <stdexcept>
#include <string>

namespace holdfast {

class Failure : public std::runtime_error {
  public:
    /// The sentence has no final point and no program name; lines after the first are details.
    Failure(ExitStatus status, const std::string& sentence) : std::runtime_error{sentence}, status_{status} {}
    ExitStatus status() const { return status_; }

  private:
    ExitStatus status_;
};

/// The text of an errno with a small first letter, to stand within a sentence. Any thread.
std::string errno_text(int error);

/// The Failure of a system call, for the caller to throw: "what: text of errno", with status 70. Call before anything
/// else sets errno.
Failure system_failure(const std::string& what);

} // namespace holdfast
