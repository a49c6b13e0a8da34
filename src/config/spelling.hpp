// The spellings of an option, in a text such as "-w,--wait,--timeout".
#pragma once

#include <string_view>
#include <vector>

namespace holdfast {

std::vector<std::string_view> split_spellings(std::string_view);
/// The first spelling that is a word, such as "--wait".
std::string_view long_spelling(std::string_view spellings);

} // namespace holdfast
