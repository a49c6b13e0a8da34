// What stands in Redis under a lock's key, "TOKEN {json}", and under the key of its last success, "LASTS TOKEN {json}".
#pragma once

#include "base/clock.hpp"
#include "lock/kind.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// RUN.ATTEMPT: the run is random, the attempt counts within it, so that a late request of an earlier
/// attempt never touches a later one (hazard 15).
struct Token {
    std::string run; ///< 32 hex digits
    unsigned attempt = 0;

    std::string text() const;
    static std::optional<Token> parse(std::string_view text);
};

/// What the holder says of itself, for people and for the checks of lock/ballot.hpp. Any of it may be a lie.
struct Holder {
    std::string label; ///< the command's program name, never its arguments: they may hold secrets
    std::string user;
    std::string host;
    int pid = 0;
    milliseconds since{}; ///< wall clock of the holder's host
    milliseconds ttl{};
    bool kept = false; ///< taken by `acquire`: no process renews the lock by itself, and any process that has the token
                       ///< may release it
    size_t nodes = 0;  ///< over how many nodes the lock is taken; 0: an earlier version did not say
    LockKind kind{};
    unsigned slot = 0; ///< of a holder with kind slots: its number
    /// Of a lock that only min_hold still keeps: when the command ended, by the same clock as `since`.
    std::optional<milliseconds> ended{};
};

/// The seat of a run in the group of its kind; nothing if the run holds the lock exclusively.
std::optional<Seat> seat_of(const std::string& run, const Holder&);

/// A Holder that describes this process on this host.
Holder this_process(std::string label, milliseconds ttl);

/// In bytes, more than any record of holdfast has. A longer value is not parsed.
constexpr size_t longest_record = 2048;

struct Record {
    std::string value;            ///< the exact value of the key; operations act only if the key has it
    std::optional<Holder> holder; ///< nothing: the value is not of holdfast, but the random value of another client

    static Record make(const Token&, const Holder&);
    /// A waiter's entry in the queue: "RUN {json}", without an attempt.
    static Record of_waiter(const std::string& run, const Holder&);
    static Record parse(std::string value);
    /// The part of the value before its first space: "RUN.ATTEMPT", or "RUN" in a waiter's entry.
    std::string_view token() const { return std::string_view{value}.substr(0, value.find(' ')); }
    bool operator==(const Record& other) const { return value == other.value; }
};

/// Whether a key with that value is of the same hold as the record: value and record are the same, or one of the two is
/// what became of the other when the command ended and min_hold kept the lock.
bool is_same_hold(const std::string& value, const Record&);

/// "backup (root@web1, pid 4242)", or "a client that is not holdfast"; safe for a terminal.
std::string describe(const Record&);

/// The mark of a success: that a run with --once-in has succeeded, and for how long a node remembers that. All times
/// are relative, so no clock of a host counts.
struct Success {
    Record record;       ///< of the run that succeeded
    milliseconds age{};  ///< how long ago its command was started
    milliseconds left{}; ///< how long the mark still counts

    /// Reads what stands under LockKey::done(), "LASTS RECORD", where LASTS is the time from the command's start to the
    /// end of the mark. `left` is the key's TTL. Nothing if the text is no mark.
    static std::optional<Success> parse(std::string_view mark, milliseconds left);
};

} // namespace holdfast
