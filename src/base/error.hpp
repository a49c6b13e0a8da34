// Failure, which ends the program: one exception with an exit status and a sentence, caught in main() and nowhere else.
// A node's failure is not one of these (it is a value, redis/connection.hpp), and neither is "held by another" (a
// result, lock/lock.hpp).
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

/// The text of an errno as it stands within a sentence; safe in any thread.
std::string errno_text(int error);

/// A failed system call: "what: reason of errno", status 70.
Failure system_failure(const std::string& what);

} // namespace holdfast
