#include "lock/record.hpp"

#include "base/escape.hpp"
#include "base/numbered.hpp"
#include "base/user.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <unistd.h>

namespace holdfast {
namespace {

using nlohmann::json;

constexpr int format_version = 1;

/// The time; nothing if it is 0 or less, or after the year 9999.
std::optional<milliseconds> possible_time(milliseconds time) {
    constexpr milliseconds year_10000{253'402'300'800'000};
    return time > milliseconds{0} && time < year_10000 ? std::optional{time} : std::nullopt;
}

std::optional<Holder> parse_holder(std::string_view text) {
    if (text.size() > longest_record) return {};
    const json object = json::parse(text, nullptr, false);
    if (!object.is_object() || !object.contains("v")) return {};
    const auto string = [&](const char* key) {
        const auto at = object.find(key);
        return at != object.end() && at->is_string() ? at->get<std::string>() : std::string{"?"};
    };
    const auto number = [&](const char* key) {
        const auto at = object.find(key);
        return at != object.end() && at->is_number_integer() ? at->get<int64_t>() : 0;
    };
    const auto small = [&](const char* key) {
        return static_cast<unsigned>(std::clamp<int64_t>(number(key), 0, most_slots));
    };
    const auto kept = object.find("kept");
    return Holder{string("label"),
                  string("user"),
                  string("host"),
                  static_cast<int>(number("pid")),
                  milliseconds{std::max<int64_t>(number("since"), 0)},
                  std::clamp<milliseconds>(milliseconds{number("ttl_ms")}, milliseconds{0}, std::chrono::days{365}),
                  kept != object.end() && *kept == true,
                  static_cast<size_t>(std::max<int64_t>(number("nodes"), 0)),
                  {kind_named(string("kind")).value_or(LockKind::Way::exclusive), small("slots")},
                  small("slot"),
                  possible_time(milliseconds{number("ended")})};
}

} // namespace

std::optional<Seat> seat_of(const std::string& run, const Holder& holder) {
    switch (holder.kind.way) {
    case LockKind::Way::shared: return Seat{holder.kind, run};
    case LockKind::Way::slots: return Seat{holder.kind, fmt::format("{}", holder.slot)};
    default: return {};
    }
}

std::string Token::text() const { return fmt::format("{}.{}", run, attempt); }

std::optional<Token> Token::parse(std::string_view text) {
    const size_t point = std::min(text.find('.'), text.size());
    const std::string_view run = text.substr(0, point);
    const auto attempt = number_in<unsigned>(text.substr(std::min(point + 1, text.size())));
    if (!attempt || run.empty() || run.find_first_not_of("0123456789abcdef") != std::string_view::npos) return {};
    return Token{std::string{run}, *attempt};
}

Holder this_process(std::string label, milliseconds ttl) {
    return {std::move(label),
            user_name().value_or(fmt::format("uid {}", ::geteuid())),
            host_name(),
            ::getpid(),
            wall_time_since_epoch(),
            ttl};
}

Record Record::make(const Token& token, const Holder& holder) { return of_waiter(token.text(), holder); }

Record Record::of_waiter(const std::string& run, const Holder& holder) {
    json object{{"v", format_version},         {"host", holder.host},   {"pid", holder.pid},
                {"user", holder.user},         {"label", holder.label}, {"since", holder.since.count()},
                {"ttl_ms", holder.ttl.count()}};
    if (holder.kept) object["kept"] = true;
    if (holder.nodes > 0) object["nodes"] = holder.nodes;
    if (holder.kind.way != LockKind::Way::exclusive) object["kind"] = name_of(holder.kind.way);
    if (holder.kind.way == LockKind::Way::slots) object["slots"] = holder.kind.limit;
    if (holder.slot > 0) object["slot"] = holder.slot;
    if (holder.ended) object["ended"] = holder.ended->count();
    const std::string text = object.dump(-1, ' ', false, json::error_handler_t::replace);
    return {run + " " + text, holder};
}

Record Record::parse(std::string value) {
    const size_t space = value.find(' ');
    auto holder = space == std::string::npos ? std::nullopt : parse_holder(std::string_view{value}.substr(space + 1));
    return {std::move(value), std::move(holder)};
}

bool is_same_hold(const std::string& value, const Record& record) {
    if (value == record.value) return true;
    constexpr std::string_view ended = "\"ended\":";
    return value.starts_with(fmt::format("{} {{", record.token())) &&
           (value.find(ended) != std::string::npos || record.value.find(ended) != std::string::npos);
}

std::string describe(const Record& record) {
    if (!record.holder) return "a client that is not holdfast";
    const Holder& holder = *record.holder;
    return fmt::format("{} ({}@{}, pid {})", printable(holder.label, 64), printable(holder.user, 64),
                       printable(holder.host, 64), holder.pid);
}

std::optional<Success> Success::parse(std::string_view mark, milliseconds left) {
    const size_t space = mark.find(' ');
    const auto lasts = number_in<milliseconds::rep>(mark.substr(0, space));
    if (space == std::string_view::npos || !lasts || *lasts < left.count() || left <= milliseconds{0}) return {};
    return Success{Record::parse(std::string{mark.substr(space + 1)}), milliseconds{*lasts} - left, left};
}

} // namespace holdfast
