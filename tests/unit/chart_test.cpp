#include "cli/chart.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace holdfast::test::chart_test {

using namespace std::chrono_literals;

namespace {

/// The local time zone is that one as long as this lives.
struct Zone {
    explicit Zone(const char* name) {
        ::setenv("TZ", name, 1); // NOLINT(concurrency-mt-unsafe): a test has one thread
        ::tzset();
    }
    ~Zone() {
        ::unsetenv("TZ"); // NOLINT(concurrency-mt-unsafe)
        ::tzset();
    }
};

/// 2026-11-29T00:00:00Z
constexpr milliseconds midnight{1'795'910'400'000};

Run run(milliseconds began, milliseconds held, RunEnd end = {How::ended, 0}, milliseconds waited = 0ms,
        const std::string& lock = "x") {
    Run run{lock, "ab.1", Holder{"backup", "root", "web1", 1}};
    run.waited = waited;
    run.began = midnight + began;
    run.ended = run.began + held;
    run.end = std::move(end);
    return run;
}

std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> found;
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = text.find('\n', begin);
        found.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return found;
}

/// The row of a lock of which a column is a minute.
std::string row(const std::vector<Run>& runs) {
    const Chart chart = chart_of(runs, midnight, midnight + 60min);
    return lines(as_text(chart, 63))[2].substr(3);
}

} // namespace

TEST_CASE("a bar is as long as the hold, behind dots as long as the wait") {
    CHECK(row({run(10min, 4min, {How::ended, 0}, 3min)}) == std::string(7, ' ') + "...[===]");
    CHECK(row({run(10min, 10s)}) == std::string(10, ' ') + "|");
    CHECK(row({run(-10min, 13min)}) == "===]");
}

TEST_CASE("a time that no run can have takes no time to draw") {
    const milliseconds century = std::chrono::years{100};
    CHECK(row({run(10min, 4min, {How::ended, 0}, century)}) == "..........[===]");
    CHECK(row({run(10min, century * 50)}) == std::string(10, ' ') + "[" + std::string(49, '='));
    CHECK(row({run(-century, 1s)}).empty());
}

TEST_CASE("a bar ends with a mark that says how") {
    const auto last = [](RunEnd end) { return row({run(0min, 2min, std::move(end))}); };
    CHECK(last({How::ended, 3}) == "[=x");
    CHECK(last({How::ended, {}, 9}) == "[=x");
    CHECK(last({How::not_started}) == "[=x");
    CHECK(last({How::lost}) == "[=!");
    CHECK(last({How::taken_away, 143}) == "[=!");
    CHECK(last({How::vanished}) == "[-?");
    CHECK(last({How::released}) == "[=]");
    CHECK(row({run(50min, 10min, {How::holds})}) == std::string(50, ' ') + "[========>");
}

TEST_CASE("of many runs in one column none that went wrong is hidden") {
    CHECK(row({run(0min, 2min), run(2min + 1s, 2min)}) == "[=|=]");
    CHECK(row({run(1s, 1s), run(3s, 1s)}) == "#");
    CHECK(row({run(1s, 1s), run(3s, 1s, {How::ended, 1}), run(5s, 1s)}) == "x");
    CHECK(row({run(1s, 1s, {How::lost}), run(3s, 1s, {How::ended, 1})}) == "!");
}

TEST_CASE("each lock and each slot has a row, by name, and each line fits") {
    const Zone utc{"UTC"};
    std::vector<Run> runs{run(1min, 5min, {How::ended, 0}, 0ms, std::string(100, 'y')), run(1min, 5min)};
    for (const unsigned slot : {2U, 1U}) {
        runs.push_back(run(2min, 3min, {How::ended, 0}, 0ms, "gpu"));
        runs.back().holder->kind = {LockKind::Way::slots, 2};
        runs.back().holder->slot = slot;
    }
    const Chart chart = chart_of(runs, midnight, midnight + 60min);
    for (const size_t width : {40U, 80U, 200U}) {
        CAPTURE(width);
        const auto all = lines(as_text(chart, width));
        CHECK(all[2].starts_with("gpu, slot 1"));
        CHECK(all[3].starts_with("gpu, slot 2"));
        CHECK(all[4].starts_with("x  "));
        CHECK(all[5].starts_with("yyyyyyyyyyyy"));
        if (width >= 80) CHECK(std::ranges::all_of(all, [&](const std::string& line) { return line.size() <= width; }));
    }
}

TEST_CASE("the axis has round local times, and a date at midnight") {
    const Zone india{"IST-5:30"};
    const Chart day = chart_of({}, midnight - 12h, midnight + 12h);
    std::string labels;
    for (const Tick& tick : ticks(day, 5)) labels += tick.label + " ";
    CHECK(labels == "18:00 Nov 29 06:00 12:00 ");
    CHECK(ticks(day, 5)[1].at == midnight - 5h - 30min);
    CHECK(ticks(chart_of({}, midnight, midnight + 10s), 5)[1].label == "05:30:05");
}

TEST_CASE("the axis has no more marks than asked for, whatever the span") {
    for (const milliseconds span : {1ms, 1'000ms, 59'000ms, 3'600'000ms, 86'400'000ms, 7'776'000'000ms}) {
        CAPTURE(span.count());
        for (const size_t most : {1U, 5U, 18U})
            CHECK(ticks(chart_of({}, midnight, midnight + span), most).size() <= most);
    }
    CHECK(ticks(chart_of({}, 0ms, milliseconds{253'402'300'800'000}), 5).size() <= 5);
}

TEST_CASE("what any run says of itself cannot leave its place in the picture") {
    Run odd = run(1min, 5min, {How::lost, 1, {}, 0ms, "</title><script>\"&'\x1b"}, 0ms, "<b>");
    odd.holder->label = "<i>";
    const std::string svg = as_svg(chart_of({odd}, midnight, midnight + 60min));
    CHECK(svg.find("<script") == std::string::npos);
    CHECK(svg.find("<i>") == std::string::npos);
    CHECK(svg.find("<b>") == std::string::npos);
    CHECK(svg.find("lost: &lt;/title&gt;&lt;script&gt;&quot;&amp;'\\x1b (exit 1)") != std::string::npos);
    CHECK(svg.find(">&lt;b&gt;</text>") != std::string::npos);
    CHECK(std::ranges::count(svg, '\x1b') == 0);
}

} // namespace holdfast::test::chart_test
