#include "base/error.hpp"

#include <sys/resource.h>

#include <cerrno>
#include <system_error>

namespace holdfast {

std::string errno_text(int error) {
    std::string text = std::generic_category().message(error);
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

Failure system_failure(const std::string& what) {
    const int error = errno;
    rlimit files{};
    const bool too_many = error == EMFILE && ::getrlimit(RLIMIT_NOFILE, &files) == 0;
    return {ExitStatus::internal,
            what + ": " + errno_text(error) +
                (too_many ? "; ulimit -n allows " + std::to_string(files.rlim_cur) + " here, allow more" : "")};
}

} // namespace holdfast
