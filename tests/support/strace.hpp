// What we ask of the kernel, seen and refused by strace(1).
#pragma once

#include "support/process.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace holdfast::test {

/// Why nothing can be traced here; empty when it can.
inline std::string untraceable() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return "not under a sanitizer, which makes calls of its own";
#else
    return finish({"strace", "-f", "true"}).status() == 0 ? "" : "strace may not look into processes here";
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

/// The same, and to open `path` takes that long; of a run without another path, what it opens just before the go.
inline std::vector<std::string> held_up(std::chrono::microseconds how_long, std::vector<std::string> words,
                                        const std::string& file, const std::string& path = "/dev/tty") {
    words = traced(std::move(words), file);
    words.insert(words.begin() + 1,
                 {"-P", path, "-e", "inject=openat:delay_enter=" + std::to_string(how_long.count())});
    return words;
}

} // namespace holdfast::test
