#include "cli/chart.hpp"
#include "cli/history_view.hpp"
#include "fuzz/targets.hpp"

#include <algorithm>

/// A node's answer to XREVRANGE.
void holdfast::fuzz::log(std::string_view input) {
    ReplyReader reader;
    reader.feed(input);
    std::vector<LogEntry> entries;
    while (const auto reply = reader.next())
        for (const Reply& item : reply->items)
            if (auto entry = LogEntry::parse(item)) entries.push_back(*std::move(entry));
    const milliseconds now{1'795'921'200'000};
    const auto runs = runs_of("name", {entries}, tally({{"node", NodeReply{Verdict::free}}}), now);
    std::string text = history_text(runs);
    const Chart chart = chart_of(runs, first_sight(runs), now);
    text += as_text(chart, 80);
    std::erase(text, '\n');
    require_printable(text);
    history_json(runs).line();
    // A tip stands on three lines.
    std::string picture = as_svg(chart);
    std::erase(picture, '\n');
    require_printable(picture);
    require(picture.find("<script") == std::string::npos);
}
