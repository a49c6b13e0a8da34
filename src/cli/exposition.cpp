#include "cli/exposition.hpp"

#include "cli/messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace holdfast {
namespace {

/// A metric of what stands in the key.
struct Gauge {
    std::string_view name;
    std::string_view help;
    bool is_time; ///< the value is in milliseconds, and shown in seconds
    std::optional<int64_t> (*value)(const Inspection&);
};

/// Of the run that has the lock longest; nothing if no run's time is known. A lock that is only kept, by --min-hold,
/// alarms nobody.
std::optional<int64_t> held_ms(const Inspection& seen) {
    std::optional<int64_t> longest;
    bool none = true;
    for (const Holding& one : seen.holders) {
        if (one.nodes < quorum(seen.nodes.size()) || is_only_kept(one.record)) continue;
        none = false;
        if (const auto held_for = age(one.record)) longest = std::max(longest.value_or(0), held_for->count());
    }
    return none ? 0 : longest;
}

constexpr std::array gauges{
    Gauge{"holdfast_lock_held", "How many holders the lock has.", false,
          [](const Inspection& seen) { return std::optional{static_cast<int64_t>(seen.with_quorum())}; }},
    Gauge{"holdfast_lock_held_seconds", "How long the run that has the lock longest has had it; 0 if none runs.", true,
          held_ms},
    Gauge{"holdfast_lock_expires_seconds", "Until the lock ends unless it is renewed; 0 if it is free.", true,
          [](const Inspection& seen) {
              return std::optional{seen.with_quorum() > 0 ? int64_t{seen.expires_in.count()} : 0};
          }},
    Gauge{"holdfast_lock_waiting", "How many wait for the lock.", false,
          [](const Inspection& seen) { return std::optional{static_cast<int64_t>(seen.waiting)}; }},
    Gauge{"holdfast_lock_fence", "The fence number that was given last.", false,
          [](const Inspection& seen) { return std::optional{seen.fence.number}; }},
};

/// A metric of what the nodes have counted.
struct Count {
    std::string_view name;
    std::string_view type;
    std::string_view help;
    bool is_time; ///< as of a Gauge
    int64_t Stats::*value;
};

constexpr std::array counts{
    Count{"holdfast_lock_last_start_timestamp_seconds", "gauge", "When the last run began; 0 if none.", true,
          &Stats::last_start},
    Count{"holdfast_lock_last_success_timestamp_seconds", "gauge",
          "When a command last ended with status 0; 0 if never.", true, &Stats::last_success},
    Count{"holdfast_lock_acquired_total", "counter", "How often a run got the lock.", false, &Stats::acquired},
    Count{"holdfast_lock_failed_total", "counter", "How often the command ended with another status than 0.", false,
          &Stats::failed},
    Count{"holdfast_lock_lost_total", "counter", "How often a run lost the lock.", false, &Stats::lost},
    Count{"holdfast_lock_taken_away_total", "counter", "How often force-release took the lock from a run.", false,
          &Stats::taken_away},
    Count{"holdfast_lock_waited_seconds_total", "counter", "How long those that got the lock had waited for it.", true,
          &Stats::waited_ms},
    Count{"holdfast_lock_hold_seconds_total", "counter", "How long those that let it go had held the lock.", true,
          &Stats::held_ms},
};

/// The nodes write down the start of a run at its end, so one that holds the lock is later.
Stats with_holder(Stats stats, const Inspection& seen) {
    const auto began = since(seen.record);
    if (seen.with_quorum() > 0 && began) stats.last_start = std::max(stats.last_start, began->count());
    return stats;
}

/// As the value of a label.
std::string escaped(const std::string& name) {
    std::string out;
    for (const char c : name) {
        if (c == '\\' || c == '"') out += '\\';
        out += c;
    }
    return out;
}

/// The lines of one metric.
class Family {
  public:
    Family(std::string& text, std::string_view name, std::string_view type, std::string_view help, bool is_time)
        : text_{text}, before_{fmt::format("{}{{lock=\"", name)}, is_time_{is_time} {
        text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
    }

    void add(const std::string& label, int64_t value) {
        // Pieces, because ten thousand locks are a hundred thousand lines.
        text_ += before_;
        text_ += label;
        text_ += "\"} ";
        const fmt::format_int whole{is_time_ ? value / 1000 : value};
        text_.append(whole.data(), whole.size());
        if (const int64_t rest = is_time_ ? value % 1000 : 0; rest > 0) text_ += fmt::format(".{:03}", rest);
        text_ += '\n';
    }

  private:
    std::string& text_;
    std::string before_;
    bool is_time_;
};

} // namespace

std::string exposition(const Listing& listing) {
    std::string text;
    std::vector<std::string> labels;
    std::vector<std::pair<std::string, Stats>> counted;
    for (size_t i = 0; i < listing.locks.size(); ++i) {
        const auto& [key, seen] = listing.locks[i];
        labels.push_back(escaped(key.name));
        const auto& stats = listing.stats[i];
        if (stats) counted.emplace_back(labels.back(), with_holder(*stats, seen));
    }
    for (const Gauge& gauge : gauges) {
        Family family{text, gauge.name, "gauge", gauge.help, gauge.is_time};
        for (size_t i = 0; i < labels.size(); ++i)
            if (const auto value = gauge.value(listing.locks[i].inspection)) family.add(labels[i], *value);
    }
    for (const Count& count : counts) {
        Family family{text, count.name, count.type, count.help, count.is_time};
        for (const auto& [label, stats] : counted) family.add(label, stats.*count.value);
    }
    return text;
}

} // namespace holdfast
