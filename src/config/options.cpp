#include "config/options.hpp"

#include "base/duration.hpp"
#include "base/escape.hpp"
#include "config/node_list.hpp"
#include "config/spelling.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace holdfast {
namespace {

using Kind = Option::Kind;
using Scope = Option::Scope;
using Shown = std::optional<std::string>;

constexpr int most_history = 1'000'000;

constexpr auto words_of(Settings::OnLost) { return std::array{"stop", "ignore"}; }
constexpr auto words_of(Settings::Leftovers) { return std::array{"wait", "kill", "leave"}; }
constexpr auto words_of(LogFormat) { return std::array{"text", "json"}; }

void read(const Given& given, std::string& to) { to = given.text; }
void read(const Given& given, std::optional<std::string>& to) { to = given.text; }
void read(const Given& given, bool& to) { to = is_on(given); }
void read(const Given& given, milliseconds& to) { to = duration(given); }

/// Reads a word as an enumerator: the words are in the order of the enumeration.
template <typename Choice>
void read(const Given& given, Choice& to) {
    const auto words = words_of(to);
    const auto found = std::ranges::find(words, given.text);
    if (found == words.end())
        throw given.wrong(fmt::format("{} or {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back()));
    to = static_cast<Choice>(found - words.begin());
}

Shown text(const std::string& value) { return value.empty() ? Shown{} : value; }
Shown text(const Shown& value) { return value; }
Shown text(bool value) { return value ? "true" : "false"; }
Shown text(milliseconds value) { return format_exactly(value); }
Shown text(const std::optional<milliseconds>& value) { return value ? text(*value) : std::nullopt; }

template <typename Choice>
Shown text(Choice value) {
    return words_of(value).at(static_cast<size_t>(value));
}

/// Reads and shows a setting that is one member of Settings, by the member's type.
template <auto member>
void take(Settings& to, const Given& from) {
    read(from, to.*member);
}

template <auto member>
Shown show(const Settings& from) {
    return text(from.*member);
}

template <Verbosity wanted>
void set_verbosity_if_on(Settings& to, const Given& from) {
    if (is_on(from)) to.verbosity = wanted;
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
           .kind = Kind::text,
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
                   to.password = password_in(from);
                   to.password_file = from.text;
               },
           .show = [](const Settings& from) { return from.password_file; }},
    Option{.name = "tls-ca",
           .spellings = "--tls-ca",
           .kind = Kind::text,
           .value = "FILE",
           .help = "TLS: trust only the authorities in FILE (the system's)",
           .take = take<&Settings::tls_ca>,
           .show = show<&Settings::tls_ca>},
    Option{.name = "tls-cert",
           .spellings = "--tls-cert",
           .kind = Kind::text,
           .value = "FILE",
           .help = "TLS: our certificate, for nodes that ask for one",
           .take = take<&Settings::tls_cert>,
           .show = show<&Settings::tls_cert>},
    Option{.name = "tls-key",
           .spellings = "--tls-key",
           .kind = Kind::text,
           .value = "FILE",
           .help = "TLS: its key (in the same file)",
           .take = take<&Settings::tls_key>,
           .show = show<&Settings::tls_key>},
    Option{.name = "tls-insecure",
           .spellings = "--tls-insecure",
           .kind = Kind::toggle,
           .help = "TLS: don't check who answers; warns each time",
           .take = take<&Settings::tls_insecure>,
           .show = show<&Settings::tls_insecure>},
    Option{.name = "config",
           .spellings = "--config",
           .kind = Kind::text,
           .value = "FILE",
           .help = "the configuration (~/.config/holdfast/config.toml, /etc/holdfast.toml)",
           .in_file = false,
           .take = take<&Settings::config_file>,
           .show = show<&Settings::config_file>},
    Option{.name = "profile",
           .spellings = "--profile",
           .kind = Kind::text,
           .value = "NAME",
           .help = "the part of the configuration to use: [profile.NAME]",
           .in_file = false,
           .take = take<&Settings::profile>,
           .show = show<&Settings::profile>},
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
                   if (to.node_timeout == milliseconds{0}) throw from.wrong("a time for one answer, as in 500ms");
               },
           .show = [](const Settings& from) { return text(from.node_timeout); }},
    Option{.name = "replicas",
           .spellings = "--replicas",
           .kind = Kind::number,
           .value = "N",
           .help = "a node's grant counts once so many of its replicas have it (0)",
           .take = [](Settings& to, const Given& from) { to.replicas = number(from, 0, 9, "a number from 0 to 9"); },
           .show = [](const Settings& from) { return Shown{fmt::format("{}", from.replicas)}; }},
    Option{.name = "restart-guard",
           .spellings = "--restart-guard",
           .kind = Kind::duration,
           .value = "DURATION|off",
           .help = "how long a restarted node of three or more has no vote (60s)",
           .take =
               [](Settings& to, const Given& from) {
                   to.restart_guard = from.text == "off" ? std::nullopt : std::optional{duration(from, ", or off")};
               },
           .show = [](const Settings& from) { return from.restart_guard ? text(from.restart_guard) : "off"; }},
    Option{.name = "history",
           .spellings = "--history",
           .kind = Kind::number_or_word,
           .value = "N|off",
           .help = "how many entries of a lock's history the nodes keep (100)",
           .take =
               [](Settings& to, const Given& from) {
                   if (from.text == "off") to.history.reset();
                   else to.history = number(from, 1, most_history, "a number from 1 to 1000000, or off");
               },
           .show = [](const Settings& from) { return from.history ? Shown{fmt::format("{}", *from.history)} : "off"; }},
    Option{.name = "no-scripts",
           .spellings = "--no-scripts",
           .kind = Kind::toggle,
           .help = "ask the nodes by transactions instead of Lua scripts",
           .take = take<&Settings::no_scripts>,
           .show = show<&Settings::no_scripts>},
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
           .help = "say more on stderr",
           .against = "quiet",
           .take = set_verbosity_if_on<Verbosity::verbose>,
           .show = [](const Settings& from) { return text(from.verbosity == Verbosity::verbose); }},
    Option{.name = "quiet",
           .spellings = "-q,--quiet",
           .kind = Kind::toggle,
           .help = "say only what went wrong",
           .against = "verbose",
           .take = set_verbosity_if_on<Verbosity::quiet>,
           .show = [](const Settings& from) { return text(from.verbosity == Verbosity::quiet); }},
    Option{.name = "log-format",
           .spellings = "--log-format",
           .kind = Kind::choice,
           .value = "text|json",
           .help = "how events are written (text)",
           .take = take<&Settings::log_format>,
           .show = show<&Settings::log_format>},
    Option{.name = "log-to",
           .spellings = "--log-to",
           .kind = Kind::text,
           .value = "stderr|syslog|fd:N|FILE",
           .help = "where events are written (stderr)",
           .take = take<&Settings::log_to>,
           .show = show<&Settings::log_to>},
    Option{.name = "ttl",
           .spellings = "--ttl",
           .kind = Kind::duration,
           .value = "DURATION",
           .help = "how long the lock outlives a holder that vanished (30s)",
           .scope = Scope::taking,
           .take = take<&Settings::ttl>,
           .show = show<&Settings::ttl>},
    Option{.name = "nonblock",
           .spellings = "-n,--nonblock,--try",
           .kind = Kind::toggle,
           .help = "fail at once if somebody else holds the lock",
           .scope = Scope::taking,
           .against = "wait",
           .take =
               [](Settings& to, const Given& from) {
                   if (is_on(from)) to.wait = milliseconds{0};
               },
           .show = [](const Settings& from) { return text(from.wait == milliseconds{0}); }},
    Option{.name = "wait",
           .spellings = "-w,--wait,--timeout",
           .kind = Kind::duration,
           .value = "DURATION",
           .help = "wait at most this long (for ever)",
           .scope = Scope::taking,
           .against = "nonblock",
           .take = [](Settings& to, const Given& from) { to.wait = duration(from, "; without it there is no limit"); },
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
           .take = take<&Settings::min_hold>,
           .show = show<&Settings::min_hold>},
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
           .take = take<&Settings::grace>,
           .show = show<&Settings::grace>},
    Option{.name = "on-lost",
           .spellings = "--on-lost",
           .kind = Kind::choice,
           .value = "stop|ignore",
           .help = "what happens to the command when the lock is lost (stop)",
           .scope = Scope::running,
           .take = take<&Settings::on_lost>,
           .show = show<&Settings::on_lost>},
    Option{.name = "leftovers",
           .spellings = "--leftovers",
           .kind = Kind::choice,
           .value = "wait|kill|leave",
           .help = "what to do when the command left others of its group behind (wait)",
           .scope = Scope::running,
           .take = take<&Settings::leftovers>,
           .show = show<&Settings::leftovers>},
    Option{.name = "tree",
           .spellings = "--tree",
           .kind = Kind::toggle,
           .help = "when the command is stopped, stop descendants outside its group as well",
           .scope = Scope::running,
           .take = take<&Settings::tree>,
           .show = show<&Settings::tree>},
    Option{.name = "max-hold",
           .spellings = "--max-hold",
           .kind = Kind::duration,
           .value = "DURATION",
           .help = "stop the command after this long (never)",
           .scope = Scope::running,
           .take =
               [](Settings& to, const Given& from) {
                   const milliseconds longest = duration(from, "; without it there is no limit");
                   to.max_hold = longest > milliseconds{0} ? std::optional{longest} : std::nullopt;
               },
           .show = [](const Settings& from) { return text(from.max_hold); }},
};

} // namespace

std::string Option::variable() const {
    std::string variable = "HOLDFAST_";
    for (const char c : name) variable += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
    return variable;
}

std::string Option::flag() const { return std::string{long_spelling(spellings)}; }

std::span<const Option> options() { return table; }

const Option* find_option(std::string_view name) {
    const auto found = std::ranges::find(table, name, &Option::name);
    return found == table.end() ? nullptr : &*found;
}

} // namespace holdfast
