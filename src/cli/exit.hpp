// How the program ends: with a status, or by a signal.
#pragma once

#include "base/exit_status.hpp"

namespace holdfast {

struct Exit {
    int status = 0;
    int signal = 0; ///< not 0: the program ends by this signal

    Exit(ExitStatus known) : status{static_cast<int>(known)} {} // NOLINT(google-explicit-constructor)
    static Exit with(int status) { return Exit{status, 0}; }
    static Exit of_signal(int signal) { return Exit{128 + signal, signal}; }

  private:
    Exit(int status_, int signal_) : status{status_}, signal{signal_} {}
};

} // namespace holdfast
