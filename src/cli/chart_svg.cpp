#include "base/duration.hpp"
#include "base/escape.hpp"
#include "cli/chart.hpp"
#include "cli/history_view.hpp"
#include "cli/screen.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast {
namespace {

// In pixels.
constexpr double plot_width = 960;
constexpr double row_height = 28;
constexpr double bar_height = 14;
constexpr double top = 52;
constexpr double character = 7.3;
constexpr double margin = 16;

/// The text, escaped for XML. The texts were made printable before, so they have no control characters.
std::string xml(const std::string& text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out += c;
        }
    }
    return out;
}

constexpr const char* style = R"(<style>
.page { fill: #ffffff } rect { stroke: #ffffff; stroke-width: .6px } .grid { stroke: #d0d7de }
text { fill: #24292f; font: 12px ui-monospace, monospace } .mark { font-weight: bold; text-anchor: middle }
.held { fill: #4c8bd6 } .waited { fill: #d9a520 } .gone { fill: #9aa4ae } .bad { fill: #d1373f }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117 } rect { stroke: #0d1117 } .grid { stroke: #30363d } text { fill: #e6edf3 }
.gone { fill: #6e7681 } .bad { fill: #f85149 }
}
</style>
)";

std::string_view class_of(const Run& run) {
    switch (end_mark(run)) {
    case '?': return "gone";
    case '!':
    case 'x': return "bad";
    default: return "held";
    }
}

std::string tip(const Run& run) {
    return xml(fmt::format("{}\n{}, waited {}, held {}\n{}", run.holder ? describe(Record{"", run.holder}) : "?",
                           local_time(run.began), format_duration(run.waited), format_duration(run.held()),
                           end_text(run)));
}

class Picture {
  public:
    explicit Picture(const Chart& chart) : chart_{chart} {
        size_t longest = 0;
        for (const Chart::Lane& lane : chart.lanes) longest = std::max(longest, width(lane.name));
        left_ = 2 * margin + character * static_cast<double>(longest);
        bottom_ = top + row_height * static_cast<double>(chart.lanes.size());
    }

    std::string svg() const {
        const double across = left_ + plot_width + 2 * margin;
        const double down = bottom_ + 56;
        std::string out = fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
                                      "width=\"{0:.0f}\" height=\"{1:.0f}\">\n{2}"
                                      "<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n",
                                      across, down, style);
        out += text(margin, 24, fmt::format("{} to {}", local_time(chart_.begin), local_time(chart_.end)));
        out += axis();
        for (size_t i = 0; i < chart_.lanes.size(); ++i)
            out += lane(chart_.lanes[i], top + row_height * static_cast<double>(i));
        return out + legend(bottom_ + 44) + "</svg>\n";
    }

  private:
    double x(milliseconds at) const { return left_ + std::clamp(chart_.share(at), 0.0, 1.0) * plot_width; }

    static std::string text(double at, double y, const std::string& what) {
        return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", at, y, xml(what));
    }

    static std::string bar(std::string_view kind, double from, double to, double y, double height) {
        constexpr double narrowest = 1.5; // so that it can be seen
        return fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>", kind,
                           from, y, std::max(to - from, narrowest), height);
    }

    std::string axis() const {
        constexpr size_t most = 10;
        std::string out;
        for (const auto& [at, label] : ticks(chart_, most))
            out += fmt::format("<path class=\"grid\" d=\"M{:.1f} {:.1f}V{:.1f}\"/>\n", x(at), top - 6, bottom_ + 4) +
                   text(x(at) - character * 2.5, bottom_ + 18, label);
        return out;
    }

    std::string lane(const Chart::Lane& one, double y) const {
        std::string out = text(margin, y + bar_height - 2, one.name);
        for (const Run* run : one.runs) out += drawn(*run, y);
        return out;
    }

    std::string drawn(const Run& run, double y) const {
        std::string out = fmt::format("<g><title>{}</title>", tip(run));
        if (run.waited > milliseconds{0})
            out += bar("waited", x(run.began - run.waited), x(run.began), y + bar_height / 2 - 2, 4);
        out += bar(class_of(run), x(run.began), x(run.ended), y, bar_height);
        if (const char mark = end_mark(run); mark != ']')
            out += fmt::format("<text class=\"mark\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", x(run.ended), y - 1,
                               xml({mark}));
        return out + "</g>\n";
    }

    std::string legend(double y) const {
        std::string out;
        double at = left_;
        for (const auto& [kind, what] : {std::pair{"waited", "waited"},
                                         {"held", "held, > holds still"},
                                         {"bad", "x failed, ! lost or taken away"},
                                         {"gone", "? vanished, by then at the latest"}}) {
            out += bar(kind, at, at + 14, y - 11, 12) + "\n" + text(at + 20, y, what);
            at += 44 + character * static_cast<double>(std::string_view{what}.size());
        }
        return out;
    }

    const Chart& chart_;
    double left_ = 0;
    double bottom_ = 0;
};

} // namespace

std::string as_svg(const Chart& chart) { return Picture{chart}.svg(); }

} // namespace holdfast
