// What many histories came to, added up; and over a pipe, for they run in several processes.
#pragma once

#include "sim/history.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::sim {

struct Tally {
    struct Found {
        uint64_t seed;
        std::string invariant;
        std::string text;
    };
    /// By group and name: "faults", "lost requests".
    std::map<std::pair<std::string, std::string>, uint64_t> counts{};
    std::vector<Found> violations{};
    uint64_t fingerprint = 0; ///< the same for the same histories, in whatever order

    void add(uint64_t seed, const Result&);
    void add(const Tally&);
    /// Whether a history has broken that promise.
    bool has(std::string_view invariant) const {
        return std::ranges::find(violations, invariant, &Found::invariant) != violations.end();
    }
    std::string encoded() const;
    static Tally decoded(const std::string&);
    /// For people.
    std::string text() const;
};

} // namespace holdfast::sim
