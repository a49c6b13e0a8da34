// Keeps the locks that a run holds already while it waits for another one, in the thread that waits. No command runs
// yet, so a lost lock stops nothing.
#pragma once

#include "lock/renewal.hpp"

#include <optional>
#include <string>

namespace holdfast {

class Upkeep {
  public:
    /// The locks, which outlive the Upkeep, were won or renewed by now.
    explicit Upkeep(Locks held) : rounds_{held, held.oldest_answer() + held.timing().renewal_interval()} {}

    /// From here on the nodes tell when one of the locks is taken away.
    void listen() { rounds_.locks().listen_for_revocation(); }
    /// When the next round is due.
    BootTime next() const { return rounds_.next(); }
    /// Waits for a message on the nodes of these locks and on those of the `other`, until `until` or a round is due.
    void wait(Lock& other, BootTime until, int interrupt) {
        rounds_.locks().wait(std::min(until, next()), interrupt, &other.nodes());
    }
    /// The messages that have come for these locks and for the `other`.
    std::vector<Message> take_messages(Lock& other) { return rounds_.locks().take_messages(&other.nodes()); }
    /// Renews the locks if it is time, or if a message says that one was taken away. False once a lock is lost.
    bool keep_up(const std::vector<Message>& messages, int interrupt);
    /// Asks for each lock once more, unless the oldest answer is younger than Locks::a_while. False once a lock is
    /// lost.
    bool confirm();
    /// Whether enough of every lease is left to start a command.
    bool worth_starting() { return rounds_.locks().worth_starting(); }
    /// Gives all locks back.
    void release() { rounds_.locks().release(); }
    /// Why a lock is lost; nothing when none is.
    const std::optional<std::string>& lost() const { return lost_; }

  private:
    bool is_over();

    Rounds rounds_;
    std::optional<std::string> lost_;
};

} // namespace holdfast
