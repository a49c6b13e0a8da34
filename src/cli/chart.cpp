#include "cli/chart.hpp"

#include "base/escape.hpp"
#include "cli/history_view.hpp"
#include "cli/screen.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace holdfast {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

/// The shortest round time that fits into the span fewer than `most` times; the span itself if there is none.
milliseconds step_for(milliseconds span, size_t most) {
    constexpr std::array<milliseconds, 24> round{
        seconds{1}, seconds{2},  seconds{5},  seconds{10}, seconds{15}, seconds{30}, minutes{1}, minutes{2},
        minutes{5}, minutes{10}, minutes{15}, minutes{30}, hours{1},    hours{2},    hours{3},   hours{6},
        hours{12},  days{1},     days{2},     days{7},     days{14},    days{30},    days{60},   days{365}};
    const auto fits = std::ranges::find_if(
        round, [&](milliseconds step) { return span / step < static_cast<int64_t>(std::max<size_t>(most, 1)); });
    return fits == round.end() ? span : *fits;
}

std::string label(milliseconds at, milliseconds step) {
    const std::tm time = in_local_zone(at);
    if (step >= days{1} || (time.tm_hour == 0 && time.tm_min == 0 && time.tm_sec == 0)) return time_text("%b %d", time);
    return time_text(step < minutes{1} ? "%H:%M:%S" : "%H:%M", time);
}

} // namespace

double Chart::share(milliseconds at) const {
    return static_cast<double>((at - begin).count()) / static_cast<double>(span().count());
}

char end_mark(const Run& run) {
    switch (run.end.how) {
    case How::holds: return '>';
    case How::vanished: return '?';
    case How::lost:
    case How::taken_away: return '!';
    case How::not_started: return 'x';
    default: return run.failed() ? 'x' : ']';
    }
}

Chart chart_of(const std::vector<Run>& runs, milliseconds begin, milliseconds end) {
    std::map<std::string, Chart::Lane> lanes;
    for (const Run& run : runs) lanes[printable(seat_text(run))].runs.push_back(&run);
    // An empty span becomes a second, because share() divides by it.
    Chart chart{begin, std::max(end, begin + seconds{1})};
    for (auto& [name, lane] : lanes) {
        lane.name = name;
        chart.lanes.push_back(std::move(lane));
    }
    return chart;
}

milliseconds first_sight(const std::vector<Run>& runs) {
    milliseconds first = milliseconds::max();
    for (const Run& run : runs) first = std::min(first, run.began - run.waited);
    return runs.empty() ? milliseconds{0} : first;
}

std::vector<Tick> ticks(const Chart& chart, size_t most) {
    const milliseconds step = step_for(chart.span(), most);
    // Round by the clock on the wall, not by that of Greenwich.
    const seconds offset{in_local_zone(chart.begin).tm_gmtoff};
    std::vector<Tick> found;
    for (milliseconds at = chart.begin - (chart.begin + offset) % step; at <= chart.end; at += step)
        if (at >= chart.begin) found.push_back({at, label(at, step)});
    return found;
}

} // namespace holdfast
