// What reads text of others' making: a function each, which aborts when a rule is broken. libFuzzer calls them
// (scripts/fuzz), and the tests with the corpus.
#pragma once

#include <cstdlib>
#include <string_view>

namespace holdfast::fuzz {

void config(std::string_view input);
void duration(std::string_view input);
void log(std::string_view input);
void record(std::string_view input);
void reply(std::string_view input);
void uri(std::string_view input);

inline void require(bool kept) {
    if (!kept) std::abort();
}

/// It may go to a terminal as one line.
void require_printable(std::string_view text);

} // namespace holdfast::fuzz
