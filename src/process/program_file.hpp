// The files that a command's first word may mean.
#pragma once

#include <string>
#include <vector>

namespace holdfast {

/// The value of PATH, or where the C library looks if there is none.
std::string search_path();

/// The files to try, in the order in which execvp(3) does: the word itself if it has a slash, otherwise one in each
/// folder of PATH. Not empty.
std::vector<std::string> program_files(const std::string& word);

} // namespace holdfast
