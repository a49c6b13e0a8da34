#include "base/escape.hpp"
#include "fuzz/targets.hpp"

namespace holdfast::fuzz {

void require_printable(std::string_view text) { require(printable(text, text.size()) == text); }

} // namespace holdfast::fuzz
