#include "base/error.hpp"

#include <cerrno>
#include <system_error>

namespace holdfast {

std::string errno_text(int error) {
    std::string text = std::generic_category().message(error);
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
}

Failure system_failure(const std::string& what) { return {ExitStatus::internal, what + ": " + errno_text(errno)}; }

} // namespace holdfast
