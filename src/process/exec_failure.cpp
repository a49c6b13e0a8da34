#include "process/exec_failure.hpp"

#include "base/escape.hpp"
#include "process/program_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

namespace holdfast {
namespace {

bool exists(const std::string& file) {
    struct stat info {};
    return ::stat(file.c_str(), &info) == 0;
}

bool is_here_deleted() {
    std::error_code error;
    [[maybe_unused]] const auto here = std::filesystem::current_path(error);
    return error == std::errc::no_such_file_or_directory;
}

bool is_folder(const std::string& file) {
    struct stat info {};
    return ::stat(file.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

/// The first file that exists of those that execvp(3) would try for `word`; nothing if none exists.
std::optional<std::string> located(const std::string& word) {
    const std::vector<std::string> files = program_files(word);
    const auto found = std::ranges::find_if(files, exists);
    return found == files.end() ? std::nullopt : std::optional{*found};
}

/// Whether the file begins with the line of an interpreter whose end is that of Windows.
bool has_line_of_windows(const std::string& file) {
    std::ifstream text{file};
    std::string line;
    return std::getline(text, line) && line.starts_with("#!") && line.ends_with('\r');
}

/// Words that shells understand, and that are no programs, or not on every system.
constexpr std::string_view shell_words =
    " . : ! [[ (( { ( alias bg bind builtin case cd command declare dirs disown do done eval exec exit export fc fg "
    "for function getopts hash if jobs let local popd pushd read readonly return select set shift shopt source "
    "suspend time times trap type typeset ulimit umask unalias unset until wait while ";

bool is_of_the_shell(const std::string& word) { return shell_words.find(" " + word + " ") != std::string_view::npos; }

std::string why(const std::string& word, int error, const NotFoundHint& hint) {
    const std::string shown = printable(word);
    if ((error == ENOENT || error == EACCES) && is_of_the_shell(word))
        return fmt::format("'{}' is a word of the shell and no program; for a line of shell use -c, as in: -c '{} ...'",
                           shown, shown);
    if (error == ENOENT && word.find_first_not_of(' ') == std::string::npos)
        return "the command is a blank; is there one behind a backslash at the end of the line? The shell "
               "then runs the next line by itself, without the lock";
    const auto file = located(word);
    if (error == ENOENT && !file) {
        const size_t slash = word.find('/');
        if (word.starts_with(' ')) return fmt::format("no program has the name '{}'; {}", shown, hint.next);
        if (word.find_first_of(" ;|&<>") != std::string::npos)
            return fmt::format("no program has the name '{}'; for a line of shell use -c", shown);
        if (word.find('=') < slash) return fmt::format("no program has the name '{}'; {}", shown, hint.next);
        if (word == "$" || word == "#" || word == "%" || word == ">")
            return fmt::format("'{}' is what a shell shows before a line, and no program; leave it out", shown);
        if (word.starts_with('~') || word.starts_with('$'))
            return fmt::format("'{}' does not exist; in quotes the shell leaves '~' and '$' as they are", shown);
        if (slash != std::string::npos)
            return fmt::format("'{}' does not exist{}", shown,
                               is_here_deleted() ? "; the folder in which we are was deleted" : "");
        return fmt::format("'{}', {}, was not found in PATH; {}\n  PATH: {}", shown, hint.role, hint.next,
                           printable(search_path(), 500));
    }
    if (error == ENOENT && has_line_of_windows(*file))
        return fmt::format(
            "'{0}' has a first line that ends as lines of Windows do; sed -i 's/\\r$//' {0} mends all lines",
            printable(*file));
    if (error == ENOENT)
        return fmt::format("'{}' needs an interpreter that does not exist; see its first line", printable(*file));
    if (error == EACCES && file) {
        if (is_folder(*file)) return fmt::format("'{}' is a directory", printable(*file));
        if (!is_executable(*file))
            return fmt::format("'{}' is not executable for this user; chmod +x makes it so", printable(*file));
    }
    return fmt::format("cannot run '{}': {}", shown, errno_text(error));
}

} // namespace

Failure exec_failure(const std::string& word, int error, const NotFoundHint& hint) {
    if (error == ETIME)
        return {ExitStatus::lost, "the command was not started: this host stood still until the lock had run out"};
    return {error == ENOENT ? ExitStatus::not_found : ExitStatus::cannot_execute, why(word, error, hint)};
}

} // namespace holdfast
