#include "config/spelling.hpp"

#include <algorithm>

namespace holdfast {

std::vector<std::string_view> split_spellings(std::string_view spellings) {
    std::vector<std::string_view> all;
    while (!spellings.empty()) {
        all.push_back(spellings.substr(0, spellings.find(',')));
        spellings.remove_prefix(std::min(all.back().size() + 1, spellings.size()));
    }
    return all;
}

std::string_view long_spelling(std::string_view spellings) {
    const std::string_view from_long = spellings.substr(spellings.find("--"));
    return from_long.substr(0, from_long.find(','));
}

} // namespace holdfast
