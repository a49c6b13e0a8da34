#include "base/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace holdfast {
namespace {

/// The number of edits from `a` to `b` (optimal string alignment distance).
size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<size_t>> to(a.size() + 1, std::vector<size_t>(b.size() + 1));
    for (size_t i = 0; i <= a.size(); ++i)
        for (size_t k = 0; k <= b.size(); ++k) {
            if (i == 0 || k == 0) {
                to[i][k] = i + k;
                continue;
            }
            const size_t changed = a[i - 1] == b[k - 1] ? 0 : 1;
            to[i][k] = std::min({to[i - 1][k] + 1, to[i][k - 1] + 1, to[i - 1][k - 1] + changed});
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                to[i][k] = std::min(to[i][k], to[i - 2][k - 2] + 1);
        }
    return to[a.size()][b.size()];
}

/// Whether one of the two options is the other with "no" before it, as "--no-wait" of "--wait" and "--nonblock" of
/// "--block".
bool opposite(std::string_view one, std::string_view other) {
    for (std::string_view* word : {&one, &other})
        word->remove_prefix(std::min(word->find_first_not_of('-'), word->size()));
    const auto [shorter, longer] = std::minmax(one, other, [](auto a, auto b) { return a.size() < b.size(); });
    return longer.size() > shorter.size() && longer.starts_with("no") && longer.ends_with(shorter);
}

std::string in_small_letters(std::string_view text) {
    std::string small{text};
    for (char& c : small)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return small;
}

} // namespace

std::string_view nearest(std::string_view typed, std::span<const std::string> known) {
    // A long word is no misspelling of a known word, and to compare it would take long.
    if (typed.size() > 100) return {};
    const std::string word = in_small_letters(typed);
    std::string_view best;
    const size_t letters = word.size() - std::min(word.find_first_not_of('-'), word.size());
    size_t best_distance = std::clamp<size_t>(letters / 3, 1, 2) + 1;
    for (const std::string& candidate : known) {
        const bool begun = word.size() >= 3 && candidate.starts_with(word);
        const size_t apart = begun ? 0 : distance(word, candidate);
        if (apart < best_distance && !opposite(word, candidate)) {
            best = candidate;
            best_distance = apart;
        }
    }
    return best;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
    const std::string_view found = nearest(word, known);
    return found.empty() ? "" : fmt::format(" (did you mean '{}'?)", found);
}

} // namespace holdfast
