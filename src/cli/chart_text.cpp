#include "base/duration.hpp"
#include "cli/chart.hpp"
#include "cli/screen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace holdfast {
namespace {

/// All marks, from the weakest to the strongest: where two meet in one cell, the stronger one stays.
constexpr std::string_view by_weight = " .-=[]|#>x?!";

size_t weight(char mark) { return by_weight.find(mark); }

bool is_border(char mark) { return weight(mark) >= weight('[') && weight(mark) <= weight('#'); }

/// What a cell shows where two marks meet: the stronger one, but of two borders of runs '|' if a run ends where the
/// next begins, otherwise '#' for several runs.
char both(char one, char other) {
    if (is_border(one) && is_border(other)) return (one == ']' && other == '[') ? '|' : '#';
    return weight(one) > weight(other) ? one : other;
}

/// One row of cells.
class Row {
  public:
    Row(const Chart& chart, size_t cells) : chart_{chart}, cells_(cells, ' ') {}

    void draw(const Run& run) {
        const auto from = cell(run.began);
        const auto to = cell(run.ended);
        fill(cell(run.began - run.waited), from - 1, '.');
        fill(from, to, run.end.how == How::vanished ? '-' : '=');
        const char last = end_mark(run);
        if (from == to && last == ']') return put(from, '|');
        if (from < to) put(from, '[');
        put(to, last);
    }
    std::string text() const { return cells_.substr(0, cells_.find_last_not_of(' ') + 1); }

    /// The number of the cell for that time; less than 0, or beyond the last cell, if the time is outside the picture.
    int64_t cell(milliseconds at) const {
        // The end itself is in the last cell.
        const int64_t count = static_cast<int64_t>(cells_.size());
        return at == chart_.end ? count - 1
                                : static_cast<int64_t>(std::floor(chart_.share(at) * static_cast<double>(count)));
    }

  private:
    /// Puts the mark into all cells between the two. A run may say that it lasted a century, so only the cells in the
    /// picture are walked through.
    void fill(int64_t from, int64_t to, char mark) {
        const int64_t last = std::min(to, static_cast<int64_t>(cells_.size()) - 1);
        for (int64_t at = std::max<int64_t>(from, 0); at <= last; ++at) put(at, mark);
    }
    void put(int64_t at, char mark) {
        if (at < 0 || at >= static_cast<int64_t>(cells_.size())) return;
        char& cell = cells_[static_cast<size_t>(at)];
        cell = both(cell, mark);
    }

    const Chart& chart_;
    std::string cells_;
};

/// The name, filled up to so many columns with spaces, or cut to them, with a "~" at the end.
std::string fitted(const std::string& name, size_t columns) {
    if (width(name) <= columns) return name + std::string(columns - width(name), ' ');
    std::string cut;
    for (size_t i = 0; i < name.size() && width(cut + name[i]) < columns; ++i) cut += name[i];
    return cut + "~";
}

/// The axis, and below it the labels, each where its mark is.
std::string axis(const Chart& chart, size_t cells, const std::string& indent) {
    constexpr size_t cells_a_label = 11;
    const Row row{chart, cells};
    std::string line(cells, '-');
    std::string labels;
    for (const auto& [at, label] : ticks(chart, cells / cells_a_label)) {
        const auto cell = static_cast<size_t>(row.cell(at));
        line[cell] = '+';
        if (cell < labels.size() || cell + label.size() > cells) continue;
        labels += std::string(cell - labels.size(), ' ') + label + " ";
    }
    labels.resize(labels.find_last_not_of(' ') + 1);
    return fmt::format("{0}{1}\n{0}{2}\n", indent, line, labels);
}

} // namespace

std::string as_text(const Chart& chart, size_t width_of_all) {
    constexpr size_t fewest_cells = 20;
    size_t names = 0;
    for (const Chart::Lane& lane : chart.lanes) names = std::max(names, width(lane.name));
    names = std::min(names, width_of_all / 3);
    const size_t cells = std::max(width_of_all - std::min(width_of_all, names + 2), fewest_cells);
    std::string text = fmt::format("{} to {}, {} a column\n\n", local_time(chart.begin), local_time(chart.end),
                                   format_duration(chart.span() / cells));
    for (const Chart::Lane& lane : chart.lanes) {
        Row row{chart, cells};
        for (const Run* run : lane.runs) row.draw(*run);
        text += fmt::format("{}  {}\n", fitted(lane.name, names), row.text());
    }
    return text + axis(chart, cells, std::string(names + 2, ' ')) +
           "\n..[==] waited, then held   | briefly   # several   > holds it still\n"
           "x failed, not started   ! lost, taken away   --? vanished, by then at the latest\n";
}

} // namespace holdfast
