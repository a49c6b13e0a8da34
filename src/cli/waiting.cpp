#include "cli/waiting.hpp"

#include "base/duration.hpp"
#include "cli/messages.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

std::string how_long(std::optional<milliseconds> limit) {
    return limit ? fmt::format("waiting for up to {}", format_duration(*limit))
                 : "waiting without limit (-w DURATION sets one)";
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// Short, for one line of a terminal: who waits knows the lock's name, and sees at the end when it expires.
std::string who_has_it(const Record& holder) {
    const auto held_for = age(holder);
    return fmt::format("{} has it{}", describe(holder), held_for ? " for " + format_duration(*held_for) : "");
}

} // namespace

WaitingDisplay::~WaitingDisplay() {
    if (log_.on_terminal() && !before_.empty()) log_.redraw("");
}

void WaitingDisplay::show(const Attempt& attempt) {
    // A split vote is over before anybody has read of it.
    if (attempt.outcome == Outcome::contended || limit_ == milliseconds{0}) return;
    const std::string sentence = not_acquired(lock_.key(), attempt, lock_.timing());
    const std::string holder = attempt.outcome == Outcome::held ? attempt.holder.value : attempt.first.value;
    const auto waited_for = std::chrono::duration_cast<milliseconds>(BootClock::now() - begin_);
    LogFields fields{{"waited_ms", waited_for.count()}, {"position", static_cast<int64_t>(attempt.position)}};
    if (!holder.empty()) fields.emplace_back("holder", describe(Record::parse(holder)));
    const std::string now = fmt::format("{}{}", static_cast<int>(attempt.outcome), holder);
    if (log_.on_terminal()) {
        const auto waited = std::chrono::floor<seconds>(BootClock::now() - begin_);
        const std::string since = waited < seconds{1} ? "" : " " + format_duration(waited);
        const std::string place = attempt.position == 0 ? "" : fmt::format(", place {}", attempt.position);
        const std::string why = attempt.outcome == Outcome::held ? who_has_it(attempt.holder) : first_line(sentence);
        const std::string text = fmt::format("waiting{}{}: {}", since, place, why);
        if (text != drawn_) log_.redraw(text);
        drawn_ = text;
    } else if (before_.empty())
        log_.info("waiting",
                  fmt::format("{}{}: {}", how_long(limit_),
                              attempt.outcome == Outcome::too_few ? ", trying again and again" : "", sentence),
                  fields);
    else if (now != before_) log_.detail("waiting", "waiting: " + sentence, fields);
    before_ = now;
}

} // namespace holdfast
