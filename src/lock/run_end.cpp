#include "lock/run_end.hpp"

#include <algorithm>
#include <array>

namespace holdfast {
namespace {

struct Words {
    std::string_view in_log;
    std::string_view in_json;
};

/// In the order of How.
constexpr std::array<Words, 8> words{{{"", "holds"},
                                      {"", "vanished"},
                                      {"ended", "ended"},
                                      {"released", "released"},
                                      {"not_started", "not_started"},
                                      {"lost", "lost"},
                                      {"taken", "taken_away"},
                                      {"undone", "undone"}}};

} // namespace

std::string_view name_of(How how) { return words.at(static_cast<size_t>(how)).in_json; }

std::string_view name_in_log(How how) { return words.at(static_cast<size_t>(how)).in_log; }

std::optional<How> how_in_log(std::string_view word) {
    const auto found = std::ranges::find(words, word, &Words::in_log);
    if (word.empty() || found == words.end()) return {};
    return static_cast<How>(found - words.begin());
}

} // namespace holdfast
