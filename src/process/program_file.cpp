#include "process/program_file.hpp"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <unistd.h>

namespace holdfast {

std::string search_path() {
    const char* path = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe): no thread changes the environment
    return path == nullptr ? "/bin:/usr/bin" : path;
}

std::vector<std::string> program_files(const std::string& word) {
    if (word.empty() || word.find('/') != std::string::npos) return {word};
    const std::string path = search_path();
    std::vector<std::string> files;
    for (size_t at = 0; at <= path.size();) {
        const size_t end = std::min(path.find(':', at), path.size());
        // A folder with a name that is too long is left out, as execvp(3) does.
        if (end - at < PATH_MAX) files.push_back(end == at ? word : path.substr(at, end - at) + "/" + word);
        at = end + 1;
    }
    return files;
}

bool is_executable(const std::string& file) { return ::access(file.c_str(), X_OK) == 0; }

} // namespace holdfast
