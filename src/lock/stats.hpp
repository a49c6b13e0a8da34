// How often and how long a lock was held, as the nodes have counted it.
#pragma once

#include "redis/reply.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// What a node has in a lock's hash of counters (LockKey::stats). A node that has forgotten keys has counted less.
struct Stats {
    int64_t acquired = 0;
    int64_t failed = 0; ///< the command ended with another status than 0
    int64_t lost = 0;
    int64_t taken_away = 0;
    int64_t waited_ms = 0;    ///< of all that got the lock
    int64_t held_ms = 0;      ///< of all that let it go
    int64_t last_start = 0;   ///< when the last run that ended had begun, in ms since the epoch; 0: none
    int64_t last_success = 0; ///< when a command ended with status 0 last; 0: never

    struct Field {
        std::string_view name;
        int64_t Stats::*value;
    };
    static const std::array<Field, 8> fields;

    /// The words of the request for all fields; they point into `key`.
    static std::vector<std::string_view> request(std::string_view key);
    /// The counters from the answer to request(); one that is missing, or no number from 0 on, is 0.
    static Stats parse(const Reply&);
    /// Sets each counter to the larger one of the two nodes' values.
    void merge(const Stats& of_another_node);
};

inline constexpr std::array<Stats::Field, 8> Stats::fields{{{"acquired", &Stats::acquired},
                                                            {"failed", &Stats::failed},
                                                            {"lost", &Stats::lost},
                                                            {"taken_away", &Stats::taken_away},
                                                            {"waited_ms", &Stats::waited_ms},
                                                            {"held_ms", &Stats::held_ms},
                                                            {"last_start", &Stats::last_start},
                                                            {"last_success", &Stats::last_success}}};

inline std::vector<std::string_view> Stats::request(std::string_view key) {
    std::vector<std::string_view> words{"HMGET", key};
    for (const Field& field : fields) words.push_back(field.name);
    return words;
}

inline Stats Stats::parse(const Reply& reply) {
    Stats stats;
    for (size_t i = 0; i < std::min(fields.size(), reply.items.size()); ++i)
        stats.*fields[i].value = std::max<int64_t>(reply.items[i].number(), 0);
    return stats;
}

inline void Stats::merge(const Stats& of_another_node) {
    for (const Field& field : fields) this->*field.value = std::max(this->*field.value, of_another_node.*field.value);
}

} // namespace holdfast
