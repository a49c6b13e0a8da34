// What commands show on stdout: tables and colours for people, JSON for machines.
//
// Colours are there only while stdout is a terminal that has them and NO_COLOR is not set (no-color.org).
#pragma once

#include "base/clock.hpp"

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// The values are those of SGR, as in "\x1b[31m".
enum class Colour { plain = 0, bold = 1, red = 31, green = 32, yellow = 33 };

struct Cell {
    std::string text;
    Colour colour = Colour::plain;

    Cell(std::string text_, Colour colour_ = Colour::plain) // NOLINT(google-explicit-constructor)
        : text{std::move(text_)}, colour{colour_} {}
    Cell(const char* text_) : text{text_} {} // NOLINT(google-explicit-constructor)
};

/// Rows with equally many cells, in columns as wide as their widest cell; the last column is not padded. Every line
/// begins with `indent` spaces and ends with a newline.
std::string table(const std::vector<std::vector<Cell>>& rows, size_t indent = 0);

/// The header of a table.
std::vector<Cell> header(const std::vector<std::string>& titles);

/// Writes to stdout, as fast as the reader reads. Throws Failure if that fails, so that lost output is no success.
void show(std::string_view text);

/// Shows the text in place of all that the terminal on stdout shows, cut to the terminal's size. Throws as show().
void redraw(const std::string& text);

/// How many columns the terminal on stdout has; 80 without one.
size_t screen_width();

/// The number of characters: bytes of UTF-8 without continuation bytes.
size_t width(std::string_view text);

std::tm in_local_zone(milliseconds wall_time);
/// "2026-11-24 03:00:00 +0100" in the local time zone.
std::string local_time(milliseconds wall_time);

} // namespace holdfast
