#include "lock/upkeep.hpp"

namespace holdfast {

bool Upkeep::keep_up(const std::vector<Message>& messages, int interrupt) {
    Locks& locks = rounds_.locks();
    if (!is_over() && (locks.told_of_revocation(messages) || BootClock::now() >= next()) &&
        rounds_.make([] {}, interrupt) == Renewal::lost)
        lost_ = locks.why_lost();
    return !lost_;
}

bool Upkeep::confirm() {
    Locks& locks = rounds_.locks();
    if (!is_over() && BootClock::now() > locks.oldest_answer() + Locks::a_while && locks.confirm() == Renewal::lost)
        lost_ = locks.why_lost();
    return !lost_;
}

bool Upkeep::is_over() {
    // Past its lease a lock is not asked for any more (hazard 45).
    if (!lost_ && !rounds_.locks().valid()) lost_ = rounds_.locks().why_shaky();
    return lost_.has_value();
}

} // namespace holdfast
