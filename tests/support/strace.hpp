// What we ask of the kernel, seen and refused by strace(1).
#pragma once

#include "support/process.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace holdfast::test {

/// Under a sanitizer there are calls of its own as well.
inline bool can_trace() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    MESSAGE("skipped: not under a sanitizer, which makes calls of its own");
    return false;
#else
    const bool can = finish({"strace", "-f", "true"}).status() == 0;
    if (!can) MESSAGE("skipped: strace may not look into processes here");
    return can;
#endif
}

/// The same words, traced into that file.
inline std::vector<std::string> traced(std::vector<std::string> words, const std::string& file) {
    words.insert(words.begin(), {"strace", "-f", "-o", file});
    return words;
}

/// The same, and that call always fails with that error.
inline std::vector<std::string> refused(const std::string& call, const std::string& error,
                                        std::vector<std::string> words, const std::string& file) {
    words = traced(std::move(words), file);
    words.insert(words.begin() + 1,
                 {"-e", "trace=kill,getdents64," + call, "-e", "inject=" + call + ":error=" + error});
    return words;
}

} // namespace holdfast::test
