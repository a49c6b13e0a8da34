#include "cli/waiting.hpp"

#include "base/duration.hpp"
#include "cli/lock_view.hpp"
#include "cli/messages.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// Short, for one line of a terminal: the user who waits need not know when the lock expires.
std::string who_has_it(const Attempt& attempt) {
    if (attempt.holders > 1)
        return fmt::format("{} ({})",
                           all_slots_held(attempt) ? fmt::format("all {} slots are held", attempt.holders)
                                                   : fmt::format("held by {}", attempt.holders),
                           oldest(attempt.holder));
    if (is_only_kept(attempt.holder)) return fmt::format("{} keeps it (--min-hold)", describe(attempt.holder));
    const auto held_for = age(attempt.holder);
    return fmt::format("{} has it{}", describe(attempt.holder), held_for ? " for " + format_duration(*held_for) : "");
}

/// The cause of the wait, as a text that changes if there is something new to show.
std::string cause(const Lock& lock, const Attempt& attempt) {
    return fmt::format("{} {}{}", lock.key().name, static_cast<int>(attempt.outcome), in_front(attempt).value);
}

} // namespace

bool Reminder::due(BootTime now) {
    constexpr std::chrono::minutes every{10};
    if (said_ && now < *said_ + every) return false;
    said_ = now;
    return true;
}

void WaitingDisplay::wipe() {
    if (!drawn_.empty()) log_.redraw("");
    drawn_.clear();
}

void WaitingDisplay::show(const Lock& lock, const Attempt& attempt) {
    // A split vote is over before a user has read of it.
    if (attempt.outcome == Outcome::contended || limit_ == milliseconds{0}) return;
    const std::string sentence = not_acquired(lock, attempt, nodes_from_);
    if (log_.on_terminal()) draw(lock, attempt, sentence);
    if (log_.has_lines()) say(lock, attempt, sentence);
    before_ = cause(lock, attempt);
}

void WaitingDisplay::draw(const Lock& lock, const Attempt& attempt, const std::string& sentence) {
    const auto waited = std::chrono::floor<seconds>(BootClock::now() - begin_);
    const std::string since = waited < seconds{1} ? "" : " " + format_duration(waited);
    const std::string place = attempt.position == 0 ? "" : fmt::format(", place {}", attempt.position);
    const std::string why = attempt.outcome == Outcome::held ? who_has_it(attempt) : first_line(sentence);
    const std::string text = fmt::format("waiting for {}{}{}: {}", lock.key().name, since, place, why);
    if (text != drawn_) log_.redraw(text);
    drawn_ = text;
}

void WaitingDisplay::say(const Lock& lock, const Attempt& attempt, const std::string& sentence) {
    using When = event::Wait::When;
    const bool too_few = attempt.outcome == Outcome::too_few;
    const bool due = (too_few ? too_few_nodes_ : others_).due(BootClock::now());
    if (!due && cause(lock, attempt) == before_) return;
    log_.tell(event::waiting({.lock = lock.key().name,
                              .when = !due              ? When::changes
                                      : before_.empty() ? When::begins
                                                        : When::goes_on,
                              .reason = too_few                            ? "too_few_nodes"
                                        : attempt.outcome == Outcome::held ? "held"
                                                                           : "reserved",
                              .why = sentence,
                              .waited = std::chrono::duration_cast<milliseconds>(BootClock::now() - begin_),
                              .limit = limit_,
                              .position = attempt.position,
                              .holder = in_front_json(attempt)}));
}

} // namespace holdfast
