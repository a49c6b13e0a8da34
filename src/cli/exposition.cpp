#include "cli/exposition.hpp"

#include "cli/messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace holdfast {
namespace {

/// A lock with what the nodes have counted of it, if they have counted.
struct Seen {
    const Inspection& now;
    const std::optional<Stats>& stats;
};

/// For how long the run that has had the lock longest has had it; nothing if no run says that. 0 if no run has the
/// lock: a run whose lock only --min-hold keeps does not count, because that is no cause for an alarm.
std::optional<int64_t> held_ms(const Seen& lock) {
    std::optional<int64_t> longest;
    bool none = true;
    for (const Holding& one : lock.now.holders) {
        if (one.nodes < quorum(lock.now.nodes.size()) || is_only_kept(one.record)) continue;
        none = false;
        if (const auto held_for = age(one.record)) longest = std::max(longest.value_or(0), held_for->count());
    }
    return none ? 0 : longest;
}

template <int64_t Stats::*value>
std::optional<int64_t> counted(const Seen& lock) {
    return lock.stats ? std::optional{(*lock.stats).*value} : std::nullopt;
}

/// When the last run began. The nodes write down the start of a run when it ends, so a run that holds the lock now has
/// begun later than the one that they wrote down.
std::optional<int64_t> last_start(const Seen& lock) {
    const auto began = lock.now.with_quorum() > 0 ? since(lock.now.record) : std::nullopt;
    const auto written = counted<&Stats::last_start>(lock);
    return written && began ? std::max(*written, int64_t{began->count()}) : written;
}

struct Metric {
    std::string_view name;
    std::string_view type;
    std::string_view help;
    bool is_time; ///< the value is in milliseconds, and shown in seconds
    std::optional<int64_t> (*value)(const Seen&);
};

constexpr std::array metrics{
    Metric{"holdfast_lock_held", "gauge", "How many holders the lock has.", false,
           [](const Seen& lock) { return std::optional{static_cast<int64_t>(lock.now.with_quorum())}; }},
    Metric{"holdfast_lock_held_seconds", "gauge",
           "How long the run that has the lock longest has had it; 0 if none runs.", true, held_ms},
    Metric{"holdfast_lock_expires_seconds", "gauge", "Until the lock ends unless it is renewed; 0 if it is free.", true,
           [](const Seen& lock) {
               return std::optional{lock.now.with_quorum() > 0 ? int64_t{lock.now.expires_in.count()} : 0};
           }},
    Metric{"holdfast_lock_waiting", "gauge", "How many wait for the lock.", false,
           [](const Seen& lock) { return std::optional{static_cast<int64_t>(lock.now.waiting)}; }},
    Metric{"holdfast_lock_fence", "gauge", "The fence number that was given last.", false,
           [](const Seen& lock) { return std::optional{lock.now.fence.number}; }},
    Metric{"holdfast_lock_last_start_timestamp_seconds", "gauge", "When the last run began; 0 if none.", true,
           last_start},
    Metric{"holdfast_lock_last_success_timestamp_seconds", "gauge",
           "When a command last ended with status 0; 0 if never.", true, counted<&Stats::last_success>},
    Metric{"holdfast_lock_acquired_total", "counter", "How often a run got the lock.", false,
           counted<&Stats::acquired>},
    Metric{"holdfast_lock_failed_total", "counter", "How often the command ended with another status than 0.", false,
           counted<&Stats::failed>},
    Metric{"holdfast_lock_lost_total", "counter", "How often a run lost the lock.", false, counted<&Stats::lost>},
    Metric{"holdfast_lock_taken_away_total", "counter", "How often force-release took the lock from a run.", false,
           counted<&Stats::taken_away>},
    Metric{"holdfast_lock_waited_seconds_total", "counter", "How long those that got the lock had waited for it.", true,
           counted<&Stats::waited_ms>},
    Metric{"holdfast_lock_hold_seconds_total", "counter", "How long those that let it go had held the lock.", true,
           counted<&Stats::held_ms>},
};

/// The name, escaped as the value of a label.
std::string escaped(const std::string& name) {
    std::string out;
    for (const char c : name) {
        if (c == '\\' || c == '"') out += '\\';
        out += c;
    }
    return out;
}

void add_value(std::string& text, int64_t value, bool is_time) {
    const fmt::format_int whole{is_time ? value / 1000 : value};
    text.append(whole.data(), whole.size());
    if (const int64_t rest = is_time ? value % 1000 : 0; rest > 0) text += fmt::format(".{:03}", rest);
}

} // namespace

std::string exposition(const Listing& listing) {
    std::string text;
    std::vector<std::string> labels;
    for (const auto& [key, seen] : listing.locks) labels.push_back(escaped(key.name));
    for (const auto& [name, type, help, is_time, value_of] : metrics) {
        text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
        const std::string before = fmt::format("{}{{lock=\"", name);
        for (size_t i = 0; i < labels.size(); ++i) {
            const auto value = value_of({listing.locks[i].inspection, listing.stats[i]});
            if (!value) continue;
            // Added piece by piece, which is fast, because ten thousand locks are a hundred thousand lines.
            text += before;
            text += labels[i];
            text += "\"} ";
            add_value(text, *value, is_time);
            text += '\n';
        }
    }
    return text;
}

} // namespace holdfast
