// Which files a command's first word may name, by PATH.
#pragma once

#include <string>
#include <vector>

namespace holdfast {

/// The value of PATH; if it is not set, the folders in which the C library looks then.
std::string search_path();

/// The files to try, in the order in which execvp(3) does: the word itself if it has a slash, otherwise one in each
/// folder of PATH. Not empty.
std::vector<std::string> program_files(const std::string& word);

/// Whether we may execute the file, or search the folder.
bool is_executable(const std::string& file);

} // namespace holdfast
