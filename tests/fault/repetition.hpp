// One repetition: real servers, a run of holdfast around the probe, one fault, and a judgement from outside.
//
// The promise is judged by the last heartbeat of anything in the command's group, against the end of the lease as the
// nodes know it: when so many of them will have forgotten the key that somebody else could have the lock.
#pragma once

#include "fault/draw.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::test {

/// What a failover shows. A whole history has one of each at most: the longest.
enum class Measure {
    hand_over, ///< from the end of a command to the begin of that of the next run, which has waited
    stop,      ///< from the first Sentinel's word of a switch to the command's SIGTERM
    overlap,   ///< of two commands, the first of which has its SIGTERM
};
constexpr size_t measures = 3;

struct Judgement {
    std::map<int, int> operations;     ///< how often a run under test ended with which status, as a shell shows it
    std::optional<nanoseconds> margin; ///< from the last heartbeat to the end of the lease; none where it went on
    std::array<std::optional<nanoseconds>, measures> measured{}; ///< by Measure
    bool outside = false;              ///< it lived on, in the one case for which nothing is promised
    nanoseconds standstill{};          ///< as fault/standstill.hpp
    std::vector<std::string> problems; ///< what broke a promise
    std::string skipped;               ///< why the fault could not be injected here
};

/// In a process of its own, which has no other children and no threads. Leaves no process behind.
Judgement repeat(const Draw& draw);

} // namespace holdfast::test
