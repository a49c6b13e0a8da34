// For tests that need strace(1).
#pragma once

#include "support/strace.hpp"

#include <doctest/doctest.h>

namespace holdfast::test {

/// Otherwise the test says why it is skipped.
inline bool can_trace() {
    const std::string why = untraceable();
    if (!why.empty()) MESSAGE("skipped: " << why);
    return why.empty();
}

} // namespace holdfast::test
