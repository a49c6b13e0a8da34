#include "config/options.hpp"

#include "base/duration.hpp"
#include "base/escape.hpp"
#include "base/small_file.hpp"
#include "config/node_list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast {
namespace {

using Kind = Option::Kind;
using Scope = Option::Scope;
using Shown = std::optional<std::string>;

milliseconds duration(const Given& given) {
    const auto parsed = parse_duration(given.text);
    if (!parsed) throw given.wrong("a duration of at most 365d, as in 500ms, 30s, 5m, 2h");
    return *parsed;
}

template <typename Number>
Number number(const Given& given, Number smallest, Number largest, std::string_view wanted) {
    Number value{};
    const char* end = given.text.data() + given.text.size();
    const auto [parsed_to, error] = std::from_chars(given.text.data(), end, value);
    if (error != std::errc{} || parsed_to != end || !(value >= smallest && value <= largest)) throw given.wrong(wanted);
    return value;
}

/// The position of the word among `words`, for an enumeration in that order.
template <typename Choice, size_t N>
Choice choice(const Given& given, const std::array<const char*, N>& words) {
    const auto found = std::ranges::find(words, given.text);
    if (found != words.end()) return static_cast<Choice>(found - words.begin());
    throw given.wrong(fmt::format("{} or {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back()));
}

Secret password_from(const Given& file) {
    const SmallFile read = read_small_file(file.text);
    const auto refuse = [&](const std::string& why) {
        return Failure{ExitStatus::configuration, fmt::format("{} {}: {}", file.where, printable(file.text, 300), why)};
    };
    if (read.others_may_read)
        throw refuse(fmt::format("others may read the password; chmod o-r {}", printable(file.text, 300)));
    // The first line, so that an editor's newline is no part of it.
    std::string password = read.text.substr(0, read.text.find_first_of("\r\n"));
    if (password.empty()) throw refuse("its first line has no password");
    return Secret{std::move(password)};
}

Shown unless_empty(const std::string& value) { return value.empty() ? Shown{} : value; }
Shown yes_or_no(bool value) { return value ? "true" : "false"; }
Shown text(const std::optional<milliseconds>& duration) {
    return duration ? Shown{format_exactly(*duration)} : std::nullopt;
}

constexpr std::array<const char*, 2> on_lost_words{"stop", "ignore"};
constexpr std::array<const char*, 3> leftovers_words{"wait", "kill", "leave"};
constexpr std::array<const char*, 2> log_format_words{"text", "json"};

template <typename Choice, size_t N>
Shown word(Choice choice, const std::array<const char*, N>& words) {
    return words.at(static_cast<size_t>(choice));
}

const std::array table{
    Option{.name = "nodes",
           .spellings = "--node",
           .kind = Kind::list,
           .value = "URI",
           .help = "a Redis node; give it several times, or several with commas",
           .take =
               [](Settings& to, const Given& from) {
                   to.nodes = node_list(from.text);
                   to.nodes_from = from.source == Source::command_line ? "" : from.where;
               },
           .show =
               [](const Settings& from) {
                   std::vector<std::string> uris;
                   for (const Secret& uri : from.nodes) uris.push_back(masked(uri));
                   return uris.empty() ? Shown{} : fmt::format("{}", fmt::join(uris, ","));
               }},
    Option{.name = "password",
           .spellings = "",
           .kind = Kind::text,
           .value = "",
           .help = "for nodes whose URI has none",
           .against = "password-file",
           .take = [](Settings& to, const Given& from) { to.password = Secret{from.text}; },
           .show = [](const Settings& from) { return from.password.empty() || from.password_file ? Shown{} : "***"; }},
    Option{.name = "password-file",
           .spellings = "--password-file",
           .kind = Kind::text,
           .value = "FILE",
           .help = "has the password for nodes whose URI has none",
           .against = "password",
           .take =
               [](Settings& to, const Given& from) {
                   to.password = password_from(from);
                   to.password_file = from.text;
               },
           .show = [](const Settings& from) { return from.password_file; }},
    Option{.name = "tls-ca",
           .spellings = "--tls-ca",
           .kind = Kind::text,
           .value = "FILE",
           .help = "TLS: trust only the authorities in FILE (the system's)",
           .take = [](Settings& to, const Given& from) { to.tls_ca = from.text; },
           .show = [](const Settings& from) { return unless_empty(from.tls_ca); }},
    Option{.name = "tls-cert",
           .spellings = "--tls-cert",
           .kind = Kind::text,
           .value = "FILE",
           .help = "TLS: our certificate, for nodes that ask for one",
           .take = [](Settings& to, const Given& from) { to.tls_cert = from.text; },
           .show = [](const Settings& from) { return unless_empty(from.tls_cert); }},
    Option{.name = "tls-key",
           .spellings = "--tls-key",
           .kind = Kind::text,
           .value = "FILE",
           .help = "TLS: its key (in the same file)",
           .take = [](Settings& to, const Given& from) { to.tls_key = from.text; },
           .show = [](const Settings& from) { return unless_empty(from.tls_key); }},
    Option{.name = "tls-insecure",
           .spellings = "--tls-insecure",
           .kind = Kind::toggle,
           .value = "",
           .help = "TLS: don't check who answers; warns each time",
           .take = [](Settings& to, const Given& from) { to.tls_insecure = is_on(from); },
           .show = [](const Settings& from) { return yes_or_no(from.tls_insecure); }},
    Option{.name = "config",
           .spellings = "--config",
           .kind = Kind::text,
           .value = "FILE",
           .help = "the configuration (~/.config/holdfast/config.toml, /etc/holdfast.toml)",
           .in_file = false,
           .take = [](Settings& to, const Given& from) { to.config_file = from.text; },
           .show = [](const Settings& from) { return from.config_file; }},
    Option{.name = "profile",
           .spellings = "--profile",
           .kind = Kind::text,
           .value = "NAME",
           .help = "the part of the configuration to use: [profile.NAME]",
           .in_file = false,
           .take = [](Settings& to, const Given& from) { to.profile = from.text; },
           .show = [](const Settings& from) { return from.profile; }},
    Option{.name = "key-prefix",
           .spellings = "--key-prefix",
           .kind = Kind::text,
           .value = "PREFIX",
           .help = "stands before each lock's name (holdfast:)",
           .may_be_empty = true,
           .take =
               [](Settings& to, const Given& from) {
                   if (from.text.find_first_of(" {}") != std::string::npos ||
                       printable(from.text, from.text.size()) != from.text)
                       throw from.wrong("free of spaces, braces and control characters");
                   to.key_prefix = from.text;
               },
           .show = [](const Settings& from) { return Shown{from.key_prefix}; }},
    Option{.name = "node-timeout",
           .spellings = "--node-timeout",
           .kind = Kind::duration,
           .value = "DURATION",
           .help = "for one answer of a node (TTL/10, at most 1s)",
           .take =
               [](Settings& to, const Given& from) {
                   to.node_timeout = duration(from);
                   if (to.node_timeout == milliseconds{0})
                       throw from.wrong("a time in which a node can answer, as in 500ms");
               },
           .show = [](const Settings& from) { return text(from.node_timeout); }},
    Option{.name = "restart-guard",
           .spellings = "--restart-guard",
           .kind = Kind::duration,
           .value = "DURATION|off",
           .help = "how long a restarted node of three or more has no vote (60s)",
           .take =
               [](Settings& to, const Given& from) {
                   to.restart_guard = from.text == "off" ? std::nullopt : std::optional{duration(from)};
               },
           .show = [](const Settings& from) { return from.restart_guard ? text(from.restart_guard) : "off"; }},
    Option{.name = "no-scripts",
           .spellings = "--no-scripts",
           .kind = Kind::toggle,
           .value = "",
           .help = "ask the nodes by transactions instead of Lua scripts",
           .take = [](Settings& to, const Given& from) { to.no_scripts = is_on(from); },
           .show = [](const Settings& from) { return yes_or_no(from.no_scripts); }},
    Option{.name = "local-dir",
           .spellings = "--local-dir",
           .kind = Kind::text,
           .value = "DIR",
           .help = "where local: nodes live and stay (/tmp/holdfast-UID)",
           .take =
               [](Settings& to, const Given& from) {
                   if (!from.text.starts_with('/')) throw from.wrong("an absolute path");
                   to.local_dir = from.text;
               },
           .show = [](const Settings& from) { return Shown{from.local_dir}; }},
    Option{.name = "verbose",
           .spellings = "-v,--verbose",
           .kind = Kind::toggle,
           .value = "",
           .help = "say more on stderr",
           .against = "quiet",
           .take =
               [](Settings& to, const Given& from) {
                   if (is_on(from)) to.verbosity = Verbosity::verbose;
               },
           .show = [](const Settings& from) { return yes_or_no(from.verbosity == Verbosity::verbose); }},
    Option{.name = "quiet",
           .spellings = "-q,--quiet",
           .kind = Kind::toggle,
           .value = "",
           .help = "say only what went wrong",
           .against = "verbose",
           .take =
               [](Settings& to, const Given& from) {
                   if (is_on(from)) to.verbosity = Verbosity::quiet;
               },
           .show = [](const Settings& from) { return yes_or_no(from.verbosity == Verbosity::quiet); }},
    Option{.name = "log-format",
           .spellings = "--log-format",
           .kind = Kind::choice,
           .value = "text|json",
           .help = "how events are written to stderr (text)",
           .take = [](Settings& to, const Given& from) { to.log_format = choice<LogFormat>(from, log_format_words); },
           .show = [](const Settings& from) { return word(from.log_format, log_format_words); }},
    Option{.name = "ttl",
           .spellings = "--ttl",
           .kind = Kind::duration,
           .value = "DURATION",
           .help = "how long the lock outlives a holder that vanished (30s)",
           .scope = Scope::taking,
           .take =
               [](Settings& to, const Given& from) {
                   to.ttl = duration(from);
                   to.ttl_has_no_unit = from.text.find_first_not_of("0123456789.") == std::string::npos;
               },
           .show = [](const Settings& from) { return text(from.ttl); }},
    Option{.name = "nonblock",
           .spellings = "-n,--nonblock,--try",
           .kind = Kind::toggle,
           .value = "",
           .help = "fail at once if somebody else holds the lock",
           .scope = Scope::taking,
           .against = "wait",
           .take =
               [](Settings& to, const Given& from) {
                   if (is_on(from)) to.wait = milliseconds{0};
               },
           .show = [](const Settings& from) { return yes_or_no(from.wait == milliseconds{0}); }},
    Option{.name = "wait",
           .spellings = "-w,--wait,--timeout",
           .kind = Kind::duration,
           .value = "DURATION",
           .help = "wait at most this long (for ever)",
           .scope = Scope::taking,
           .against = "nonblock",
           .take = [](Settings& to, const Given& from) { to.wait = duration(from); },
           .show = [](const Settings& from) { return from.wait == milliseconds{0} ? Shown{} : text(from.wait); }},
    Option{.name = "conflict-exit-code",
           .spellings = "-E,--conflict-exit-code",
           .kind = Kind::number,
           .value = "N",
           .help = "status when the lock was not acquired (75)",
           .scope = Scope::taking,
           .take =
               [](Settings& to, const Given& from) {
                   to.conflict_exit_code = number(from, 0, 255, "an exit status from 0 to 255, as in 75");
               },
           .show = [](const Settings& from) { return Shown{fmt::format("{}", from.conflict_exit_code)}; }},
    Option{.name = "min-hold",
           .spellings = "--min-hold",
           .kind = Kind::duration,
           .value = "DURATION",
           .help = "keep the lock at least this long, whatever the command does (0)",
           .scope = Scope::running,
           .take = [](Settings& to, const Given& from) { to.min_hold = duration(from); },
           .show = [](const Settings& from) { return text(from.min_hold); }},
    Option{.name = "label",
           .spellings = "--label",
           .kind = Kind::text,
           .value = "TEXT",
           .help = "what others see of this holder (the program's name)",
           .scope = Scope::taking,
           .take =
               [](Settings& to, const Given& from) {
                   if (from.text.size() > 200 || printable(from.text, from.text.size()) != from.text)
                       throw from.wrong("a label of at most 200 bytes without control characters");
                   to.label = from.text;
               },
           .show = [](const Settings& from) { return from.label; }},
    Option{.name = "drift",
           .spellings = "--drift",
           .kind = Kind::number,
           .value = "RATIO",
           .help = "bound on the difference of clock rates (0.01)",
           .scope = Scope::taking,
           .take = [](Settings& to,
                      const Given& from) { to.drift = number(from, 0.0, 0.5, "a ratio from 0 to 0.5, as in 0.01"); },
           .show = [](const Settings& from) { return Shown{fmt::format("{}", from.drift)}; }},
    Option{.name = "grace",
           .spellings = "--grace",
           .kind = Kind::duration,
           .value = "DURATION",
           .help = "between SIGTERM and SIGKILL on loss (TTL/4, at most 5s)",
           .scope = Scope::running,
           .take = [](Settings& to, const Given& from) { to.grace = duration(from); },
           .show = [](const Settings& from) { return text(from.grace); }},
    Option{.name = "on-lost",
           .spellings = "--on-lost",
           .kind = Kind::choice,
           .value = "stop|ignore",
           .help = "what happens to the command when the lock is lost (stop)",
           .scope = Scope::running,
           .take = [](Settings& to, const Given& from) { to.on_lost = choice<Settings::OnLost>(from, on_lost_words); },
           .show = [](const Settings& from) { return word(from.on_lost, on_lost_words); }},
    Option{.name = "leftovers",
           .spellings = "--leftovers",
           .kind = Kind::choice,
           .value = "wait|kill|leave",
           .help = "what to do when the command left others of its group behind (wait)",
           .scope = Scope::running,
           .take = [](Settings& to,
                      const Given& from) { to.leftovers = choice<Settings::Leftovers>(from, leftovers_words); },
           .show = [](const Settings& from) { return word(from.leftovers, leftovers_words); }},
    Option{.name = "tree",
           .spellings = "--tree",
           .kind = Kind::toggle,
           .value = "",
           .help = "when the command is stopped, stop descendants outside its group as well",
           .scope = Scope::running,
           .take = [](Settings& to, const Given& from) { to.tree = is_on(from); },
           .show = [](const Settings& from) { return yes_or_no(from.tree); }},
    Option{.name = "max-hold",
           .spellings = "--max-hold",
           .kind = Kind::duration,
           .value = "DURATION",
           .help = "stop the command after this long (never)",
           .scope = Scope::running,
           .take =
               [](Settings& to, const Given& from) {
                   const milliseconds longest = duration(from);
                   to.max_hold = longest > milliseconds{0} ? std::optional{longest} : std::nullopt;
               },
           .show = [](const Settings& from) { return text(from.max_hold); }},
};

} // namespace

Failure Given::wrong(std::string_view wanted) const {
    return {source == Source::command_line ? ExitStatus::usage : ExitStatus::configuration,
            fmt::format("{} '{}' is not {}", where, printable(text), wanted)};
}

bool is_on(const Given& given) {
    constexpr std::array on{"yes", "true", "1"};
    constexpr std::array off{"no", "false", "0"};
    if (std::ranges::find(on, given.text) != on.end()) return true;
    if (std::ranges::find(off, given.text) == off.end()) throw given.wrong("yes or no");
    return false;
}

std::string Option::variable() const {
    std::string variable = "HOLDFAST_";
    for (const char c : name) variable += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
    return variable;
}

std::string Option::flag() const { return std::string{long_spelling(spellings)}; }

std::vector<std::string_view> split_spellings(std::string_view spellings) {
    std::vector<std::string_view> all;
    while (!spellings.empty()) {
        all.push_back(spellings.substr(0, spellings.find(',')));
        spellings.remove_prefix(std::min(all.back().size() + 1, spellings.size()));
    }
    return all;
}

std::string_view long_spelling(std::string_view spellings) {
    const std::string_view from_long = spellings.substr(spellings.find("--"));
    return from_long.substr(0, from_long.find(','));
}

std::span<const Option> options() { return table; }

const Option* find_option(std::string_view name) {
    const auto found = std::ranges::find(table, name, &Option::name);
    return found == table.end() ? nullptr : &*found;
}

} // namespace holdfast
