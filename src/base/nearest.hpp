// The word that a user may have meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace holdfast {

/// The text of `known` that `word` most likely is a misspelling of: one that begins with `word`, if `word` has three
/// letters or more, or else the one with the fewest letters left out, added, changed or swapped. Empty if there is none
/// with one such mistake, or two in a word of six letters or more. Capitals in `word` count as small letters. Never the
/// opposite of `word`, as --wait is of --nowait.
std::string_view nearest(std::string_view word, std::span<const std::string> known);

/// " (did you mean 'ttl'?)", or an empty text if no known text is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

} // namespace holdfast
