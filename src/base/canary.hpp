// The safety rules of holdfast. A test build (HOLDFAST_CANARIES) can leave out one rule at a time, to show that a test
// notices. In a build for users enforced() is the constant true, so every rule holds and no check costs run time.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace holdfast {

enum class Rule {
    drift,               ///< a lease is shorter by what different clock rates can take away (hazard 6)
    send_time,           ///< a lease begins when the request is sent, not when its answer is read (hazard 1)
    fresh_token,         ///< each attempt has a token of its own (hazard 15)
    close_on_timeout,    ///< a connection with an answer overdue is closed (hazard 16)
    restart_guard,       ///< a node that may have forgotten locks has no vote (hazard 28)
    no_resurrection,     ///< after the end of its lease nothing revives a lock (hazard 45)
    guard,               ///< a process of its own stops the command of a holdfast that cannot (hazards 68, 69)
    group_kill,          ///< the command's whole process group is stopped, not its leader alone (hazard 66)
    reap_before_release, ///< the lock is released when nothing of the command lives (hazards 73, 74)
    configured_quorum,   ///< a quorum is one of all configured nodes, however many answer (hazard 29)
    missing_lease,       ///< without a lease no command is started
    impossible_quorum,   ///< a lock that no quorum of nodes can hold any more is lost at once (hazard 45)
    confirmed_grant,     ///< a grant of a node behind Sentinels counts when they all name it afterwards
    free_seat,           ///< a node gives a seat in a group to one run at a time
    group_begins_empty,  ///< a group does not begin with members of one whose key was deleted
    group_ends,          ///< the key of a group ends with the last member
};

/// The names of the rules, in the order of Rule.
constexpr std::array<std::string_view, 16> rule_names{
    "drift",           "send_time",  "fresh_token",         "close_on_timeout",  "restart_guard", "no_resurrection",
    "guard",           "group_kill", "reap_before_release", "configured_quorum", "missing_lease", "impossible_quorum",
    "confirmed_grant", "free_seat",  "group_begins_empty",  "group_ends"};
static_assert(rule_names.back() == "group_ends" &&
              rule_names.size() == size_t{1} + static_cast<size_t>(Rule::group_ends));

#ifdef HOLDFAST_CANARIES
/// Whether the code has to keep the rule: false only for the one rule that the test leaves out.
bool enforced(Rule) noexcept;
#else
constexpr bool enforced(Rule) noexcept { return true; }
#endif

} // namespace holdfast
