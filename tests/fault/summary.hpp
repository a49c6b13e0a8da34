// What the repetitions of a fault run tell of themselves, and the report of them all.
#pragma once

#include "fault/repetition.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

namespace holdfast::test {

/// A judgement, small enough for one write to a pipe.
struct Report {
    static constexpr size_t statuses = 256;
    std::array<uint16_t, statuses> operations{}; ///< by status
    bool judged = false, outside = false, skipped = false;
    int64_t margin = 0;
    static constexpr int64_t unmeasured = -1;
    std::array<int64_t, measures> measured{}; ///< by Measure
    int64_t standstill = 0;
    std::array<char, 1024> text{};

    static Report of(const Judgement&);
    /// It ended without a judgement.
    static Report broken_off();
};
static_assert(std::is_trivially_copyable_v<Report> && sizeof(Report) < 4096);

class Summary {
  public:
    /// Says so at once when a promise was broken; what a machine that stood still has to do with it is not judged.
    /// `how` are the options with which the seed comes again.
    void add(const Draw&, const Report&, const std::string& how);

    void print() const;
    int violations() const { return violations_; }
    int histories() const { return histories_; }

  private:
    struct Row {
        int runs = 0;
        int outside = 0;
        nanoseconds worst = nanoseconds::max();
        std::map<size_t, int> statuses;
        std::string skipped;
        std::array<std::vector<nanoseconds>, measures> measured;
    };

    void print_measured() const;

    BootTime began_ = BootClock::now();
    std::map<Fault, Row> rows_;
    std::map<size_t, int> by_nodes_;
    nanoseconds worst_ = nanoseconds::max();
    int histories_ = 0;
    int violations_ = 0;
    int unjudged_ = 0;
};

} // namespace holdfast::test
