// How the program ends: with a status, by a signal, or because it was typed wrongly.
#pragma once

#include "base/error.hpp"

#include <fmt/format.h>

#include <utility>

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

/// The Failure to throw if what was typed is wrong: status 64, with the sentence that fmt::format() makes of the
/// arguments.
template <typename... Values>
Failure misuse(fmt::format_string<Values...> sentence, Values&&... values) {
    return {ExitStatus::usage, fmt::format(sentence, std::forward<Values>(values)...)};
}

} // namespace holdfast
