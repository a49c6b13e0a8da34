#include "base/log.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <string>
#include <unistd.h>

namespace holdfast {
namespace {

std::string line(std::string_view sentence) { return fmt::format("holdfast: {}\n", sentence); }

} // namespace

void Log::write(std::string_view sentence) {
    // POLLOUT on a pipe means room for PIPE_BUF bytes, so a longer line is cut to what cannot block.
    constexpr size_t never_blocks = 4096;
    pollfd out{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&out, 1, 0) != 1 || (out.revents & POLLOUT) == 0) return;
    const std::string text = line(sentence);
    [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, text.data(), std::min(text.size(), never_blocks));
}

void Log::info(std::string_view sentence) const {
    if (verbosity_ != Verbosity::quiet) write(sentence);
}

void Log::detail(std::string_view sentence) const {
    if (verbosity_ == Verbosity::verbose) write(sentence);
}

void write_error(std::string_view sentence) {
    const std::string text = line(sentence);
    std::string_view rest = text;
    while (!rest.empty()) {
        const ssize_t n = ::write(STDERR_FILENO, rest.data(), rest.size());
        if (n <= 0) return;
        rest.remove_prefix(static_cast<size_t>(n));
    }
}

} // namespace holdfast
