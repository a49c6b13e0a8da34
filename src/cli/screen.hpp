// What commands show on stdout: tables and colours for people, JSON for machines.
//
// Colours are there only while stdout is a terminal that has them and NO_COLOR is not set (no-color.org).
#pragma once

#include "base/clock.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

enum class Colour { plain, bold, green, yellow, red };

struct Cell {
    std::string text;
    Colour colour = Colour::plain;

    Cell(std::string text_, Colour colour_ = Colour::plain) // NOLINT(google-explicit-constructor)
        : text{std::move(text_)}, colour{colour_} {}
    Cell(const char* text_) : text{text_} {} // NOLINT(google-explicit-constructor)
};

/// Rows of as many cells each, in columns as wide as their widest cell; the last one is not padded. Every line is
/// indented by that many spaces and ends with a newline.
std::string table(const std::vector<std::vector<Cell>>& rows, size_t indent = 0);

/// The header of a table.
std::vector<Cell> header(const std::vector<std::string>& titles);

/// On stdout, as fast as it is read. Throws Failure: what cannot be read is no success.
void show(std::string_view text);

/// In place of all that the terminal shows, cut to its size.
void redraw(const std::string& text);

/// "2026-11-24 03:00:00" where we are.
std::string local_time(milliseconds wall_time);

} // namespace holdfast
