#include "lock/history.hpp"
#include "lock/operations/common.hpp"
#include "lock/stats.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace holdfast::test::history_test {

using namespace std::chrono_literals;

namespace {

Reply item(std::string_view id, const std::vector<std::string>& fields) {
    Reply flat = list({});
    for (const std::string& field : fields) flat.items.push_back(text(field));
    return list({text(id), flat});
}

/// Of backup on web1, in the key and in a start alike.
Record record(const std::string& run, LockKind kind = {}, unsigned slot = 0) {
    Holder holder{"backup", "root", "web1", 4242, 1'000ms, 30s};
    holder.kind = kind;
    holder.slot = slot;
    return Record::make({run, 1}, holder);
}

LogEntry start(milliseconds at, const Record& of, int64_t fence = 2, milliseconds waited = 0ms) {
    return *LogEntry::parse(item(fmt::format("{}-0", at.count()), {"start", of.value, "fence", fmt::format("{}", fence),
                                                                   "waited", fmt::format("{}", waited.count())}));
}

LogEntry end(milliseconds at, const std::string& run, const std::string& how, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"end", run + ".1", "how", how});
    return *LogEntry::parse(item(fmt::format("{}-0", at.count()), more));
}

/// The logs as XREVRANGE has them, from entries in the order in which they were written.
std::vector<Run> runs(std::vector<std::vector<LogEntry>> logs, const std::string& held = "",
                      milliseconds now = 1'000'000ms) {
    std::vector<NodeView> views;
    for (auto& log : logs) {
        std::ranges::reverse(log);
        views.push_back({"node", held.empty() ? NodeReply{Verdict::free} : NodeReply{Verdict::held, held, 30s}});
    }
    return runs_of("x", logs, tally(std::move(views)), now);
}

} // namespace

TEST_CASE("a start and an end are one run, with all that they say") {
    const auto found = runs({{start(5'000ms, record("aa"), 12, 250ms),
                              end(9'000ms, "aa", "ended", {"fence", "12", "held", "3990", "status", "3"})}});
    REQUIRE(found.size() == 1);
    const Run& run = found[0];
    CHECK(run.lock == "x");
    CHECK(run.token == "aa.1");
    CHECK(run.holder->label == "backup");
    CHECK(run.fence == Fence{12});
    CHECK(run.waited == 250ms);
    CHECK(run.began == 5'000ms);
    CHECK(run.ended == 9'000ms);
    CHECK(run.end.how == How::ended);
    CHECK(run.end.status == 3);
    CHECK(run.failed());
}

TEST_CASE("a run is believed when one log has its start or its end") {
    CHECK(runs({{start(5'000ms, record("aa"))}, {}, {}}).size() == 1);
    CHECK(runs({{}, {}, {end(6'000ms, "aa", "released")}}).size() == 1);
    CHECK(runs({{start(5'000ms, record("aa"))}, {}, {end(6'000ms, "aa", "lost")}}).size() == 1);
    CHECK(runs({{}, {}, {}}).empty());
}

TEST_CASE("the times are the median of the nodes' times") {
    const Record of = record("aa");
    const auto ended = [](milliseconds at) { return end(at, "aa", "ended", {"status", "0", "fence", "12"}); };
    const auto found = runs({{start(5'000ms, of, 12), ended(8'000ms)},
                             {start(3'000ms, of, 12), ended(5'900ms)},
                             {start(5'100ms, of, 12), ended(8'100ms)}});
    REQUIRE(found.size() == 1);
    CHECK(found[0].began == 5'000ms);
    CHECK(found[0].ended == 8'000ms);
    CHECK(found[0].fence == Fence{12});
}

TEST_CASE("a run without an end holds the lock while its record is in the key, and has vanished otherwise") {
    const Record of = record("aa");
    CHECK(runs({{start(5'000ms, of)}}, of.value)[0].end.how == How::holds);
    CHECK(runs({{start(5'000ms, of)}}, of.value)[0].ended == 1'000'000ms);
    CHECK(runs({{start(5'000ms, of)}}, record("bb").value)[0].end.how == How::vanished);
    CHECK(runs({{start(5'000ms, of)}})[0].end.how == How::vanished);
}

TEST_CASE("what has vanished was over when the next run began that it would have kept out") {
    const LockKind slots{LockKind::Way::slots, 2};
    const LockKind shared{LockKind::Way::shared};
    const auto vanished_by = [](const Record& one, const Record& later) {
        return runs({{start(1'000ms, one), start(2'000ms, later), start(3'000ms, record("cc"))}})[0].ended;
    };
    CHECK(vanished_by(record("aa"), record("bb")) == 2'000ms);
    CHECK(vanished_by(record("aa", shared), record("bb", shared)) == 3'000ms);
    CHECK(vanished_by(record("aa", shared), record("bb")) == 2'000ms);
    CHECK(vanished_by(record("aa", slots, 1), record("bb", slots, 2)) == 3'000ms);
    CHECK(vanished_by(record("aa", slots, 1), record("bb", slots, 1)) == 2'000ms);
}

TEST_CASE("a run that let go had ended when the next one began, and one that lost its lock had not") {
    const LockKind shared{LockKind::Way::shared};
    const auto ended = [](const Record& one, const Record& later, const std::string& how) {
        return runs({{start(1'000ms, one), start(2'000ms, later), end(2'500ms, "aa", how, {"held", "900"})}})[0].ended;
    };
    CHECK(ended(record("aa"), record("bb"), "ended") == 2'000ms);
    CHECK(ended(record("aa", shared), record("bb", shared), "ended") == 2'500ms);
    CHECK(ended(record("aa"), record("bb"), "lost") == 2'500ms);
    CHECK(ended(record("aa"), record("bb"), "taken") == 2'500ms);
}

TEST_CASE("of two ends the graver one counts, with the status that the other one tells") {
    const auto found =
        runs({{start(5'000ms, record("aa")), end(8'000ms, "aa", "taken", {"why", "web1 is gone"}),
               end(9'000ms, "aa", "lost", {"why", "it was taken away", "status", "143", "held", "3900"})}});
    REQUIRE(found.size() == 1);
    CHECK(found[0].end.how == How::taken_away);
    CHECK(found[0].end.why == "web1 is gone");
    CHECK(found[0].end.status == 143);
    CHECK(found[0].ended == 8'000ms);
}

TEST_CASE("without its start a run is nobody's, and began as long before its end as it says") {
    const auto found = runs({{end(9'000ms, "aa", "ended", {"held", "4000", "status", "0"})}});
    REQUIRE(found.size() == 1);
    CHECK(!found[0].holder);
    CHECK(found[0].began == 5'000ms);
    CHECK(found[0].ended == 9'000ms);
}

TEST_CASE("an entry that is none of ours is skipped, and unknown fields are") {
    const std::string value = record("aa").value;
    CHECK(LogEntry::parse(item("5-0", {"new", "1", "start", value, "fence", "2", "more", "2"})));
    const std::vector<Reply> bad{
        {},
        text("5-0"),
        list({text("5-0")}),
        item("5-0", {}),
        item("5-0", {"start"}),
        item("5-0", {"start", "no record"}),
        item("5-0", {"start", value + std::string(longest_record, ' ')}),
        item("5-0", {"start", "xyz.1 {\"v\":1}"}),
        item("5-0", {"end", "aa.1"}),
        item("5-0", {"end", "aa.1", "how", ""}),
        item("5-0", {"end", "aa.1", "how", "somehow"}),
        item("5-0", {"end", "AA.1", "how", "ended"}),
        item("5-0", {"end", std::string(1'000, 'a') + ".1", "how", "ended"}),
        item("x", {"start", value}),
        item("", {"start", value}),
        item("-5", {"start", value}),
        item("253402300800000-0", {"start", value}),
        item("99999999999999999999-0", {"start", value}),
    };
    for (size_t i = 0; i < bad.size(); ++i) {
        CAPTURE(i);
        CHECK(!LogEntry::parse(bad[i]));
    }
    const auto odd =
        LogEntry::parse(item("5-0", {"end", "aa.1", "how", "lost", "status", "300", "signal", "-1", "held", "x", "kept",
                                     "9223372036854775807", "fence", "-2", "why", std::string(5'000, 'w')}));
    REQUIRE(odd);
    CHECK(!odd->end.status);
    CHECK(!odd->end.signal);
    CHECK(odd->held == 0ms);
    CHECK(odd->fence == Fence{0});
    CHECK(odd->end.kept == duration_of(INT64_MAX));
    CHECK(odd->end.why.size() == 512);
}

TEST_CASE("a summary counts the ends, and knows the middle and the longest wait and hold") {
    std::vector<LogEntry> log;
    const std::vector<std::pair<std::string, std::string>> ends{{"ended", "0"}, {"ended", "1"}, {"lost", "143"}};
    for (size_t i = 0; i < ends.size(); ++i) {
        const std::string run = fmt::format("a{}", i);
        const milliseconds at{10'000 * static_cast<int64_t>(i + 1)};
        log.push_back(start(at, record(run), 2, milliseconds{100 * (i + 1)}));
        log.push_back(end(at + milliseconds{1'000 * (i + 1)}, run, ends[i].first, {"status", ends[i].second}));
    }
    log.push_back(start(50'000ms, record("bb"), 2, 7'000ms));
    log.push_back(start(60'000ms, record("cc")));
    const HistorySummary sum = summary_of(runs({log}, record("cc").value));
    CHECK(sum.runs == 5);
    CHECK(sum.failed == 1);
    CHECK(sum.lost == 1);
    CHECK(sum.vanished == 1);
    CHECK(sum.holding == 1);
    CHECK(sum.taken_away == 0);
    CHECK(sum.median_waited == 200ms);
    CHECK(sum.longest_waited == 7'000ms);
    CHECK(sum.median_held == 2'000ms);
    CHECK(sum.longest_held == 3'000ms);
    CHECK(summary_of({}).median_held == 0ms);
}

TEST_CASE("of counters the largest that a node has counts, and what is no number is none") {
    Stats stats = Stats::parse(list({text("3"), {}, text("x"), text("-4"), text("1e300"), text("77")}));
    CHECK(stats.acquired == 3);
    CHECK(stats.failed == 0);
    CHECK(stats.lost == 0);
    CHECK(stats.taken_away == 0);
    CHECK(stats.waited_ms == 0);
    CHECK(stats.held_ms == 77);
    stats.merge(Stats{.acquired = 2, .failed = 5});
    CHECK(stats.acquired == 3);
    CHECK(stats.failed == 5);
}

} // namespace holdfast::test::history_test
