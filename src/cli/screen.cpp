#include "cli/screen.hpp"

#include "base/error.hpp"
#include "base/fd.hpp"
#include "config/resolve.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstdint>
#include <unistd.h>

namespace holdfast {
namespace {

bool colours_wanted() {
    const auto set = [](const char* name) { return environment_variable(name).value_or(""); };
    return ::isatty(STDOUT_FILENO) == 1 && set("NO_COLOR").empty() && !set("TERM").empty() && set("TERM") != "dumb";
}

std::string painted(const std::string& text, Colour colour) {
    static const bool wanted = colours_wanted();
    if (!wanted || colour == Colour::plain) return text;
    return fmt::format("\x1b[{}m{}\x1b[0m", static_cast<int>(colour), text);
}

} // namespace

size_t width(std::string_view text) {
    return static_cast<size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string table(const std::vector<std::vector<Cell>>& rows, size_t indent) {
    std::vector<size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i].text));
    }
    std::string lines;
    for (const auto& row : rows) {
        lines.append(indent, ' ');
        for (size_t i = 0; i < row.size(); ++i) {
            lines += painted(row[i].text, row[i].colour);
            if (i + 1 < row.size()) lines.append(widths[i] - width(row[i].text) + 2, ' ');
        }
        lines += '\n';
    }
    return lines;
}

std::vector<Cell> header(const std::vector<std::string>& titles) {
    std::vector<Cell> cells;
    for (const std::string& title : titles) cells.emplace_back(title, Colour::bold);
    return cells;
}

void show(std::string_view text) {
    if (!write_all(STDOUT_FILENO, text)) throw system_failure("cannot write to stdout");
}

size_t screen_width() {
    constexpr size_t without_terminal = 80;
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : without_terminal;
}

void redraw(const std::string& text) {
    winsize size{};
    ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    const size_t most = size.ws_row > 2 ? size.ws_row - 1U : SIZE_MAX;
    // Moves to the top; wipes the rest of each line, and all lines below the last. Long lines are cut, not wrapped.
    std::string frame = "\x1b[H\x1b[?7l";
    size_t lines = 0;
    size_t begin = 0;
    for (size_t end = 0; lines < most && (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
        frame += text.substr(begin, end - begin) + "\x1b[K\n";
        ++lines;
    }
    if (const auto left = std::count(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), '\n'); left > 0)
        frame += fmt::format("and {} more", left);
    show(frame + "\x1b[?7h\x1b[J");
}

std::tm in_local_zone(milliseconds wall_time) {
    const std::time_t time{std::chrono::floor<seconds>(wall_time).count()};
    std::tm local{};
    return *::localtime_r(&time, &local);
}

std::string local_time(milliseconds wall_time) { return time_text("%Y-%m-%d %H:%M:%S %z", in_local_zone(wall_time)); }

} // namespace holdfast
