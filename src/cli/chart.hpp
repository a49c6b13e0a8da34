// The runs that held locks as a picture: a row a lock or slot, time to the right. Pure, but for the local time zone.
#pragma once

#include "lock/history.hpp"

#include <string>
#include <vector>

namespace holdfast {

struct Chart {
    struct Lane {
        std::string name; ///< "gpu, slot 2"; safe to print
        std::vector<const Run*> runs{};
    };
    milliseconds begin{};
    milliseconds end{};
    std::vector<Lane> lanes{}; ///< by name

    milliseconds span() const { return end - begin; }
    /// How much of the span has passed at that time: from 0 to 1 inside the picture.
    double share(milliseconds at) const;
};

/// The runs between `begin` and `end`, both since the epoch; the chart spans at least a second. The runs have to
/// outlive the chart.
Chart chart_of(const std::vector<Run>&, milliseconds begin, milliseconds end);

/// The earliest time at which one of the runs began to wait for its lock, or got it without a wait; 0 without runs.
milliseconds first_sight(const std::vector<Run>&);

/// What stands at the end of a run, so that colour is not all that tells: '>' holds still, '?' vanished, '!' lost or
/// taken away, 'x' failed or not started, ']' ended well.
char end_mark(const Run&);

/// A mark on the axis of time.
struct Tick {
    milliseconds at{};
    std::string label; ///< "15:30", "15:30:05", or at midnight "Nov 29"
};

/// Marks at round local times, `most` at most.
std::vector<Tick> ticks(const Chart&, size_t most);

/// Rows of at most `width` characters, but with at least 20 for the picture, all ASCII but for names; with an axis and
/// a key to the marks.
std::string as_text(const Chart&, size_t width);

/// The text of an SVG file that refers to no other file, for light and dark pages.
std::string as_svg(const Chart&);

} // namespace holdfast
