// The word that a user may have meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace holdfast {

/// The nearest of `known` by letters left out, added, changed or swapped, large letters being the same as small ones;
/// never the opposite of the word, as --wait is of --nowait. Empty when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string> known);

/// " (did you mean 'ttl'?)", or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

} // namespace holdfast
