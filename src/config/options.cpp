#include "config/options.hpp"

#include "base/duration.hpp"
#include "base/escape.hpp"
#include "base/small_file.hpp"
#include "base/split.hpp"
#include "config/node_list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

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
requires requires(Choice choice) { words_of(choice); }
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
Shown text(int value) { return fmt::format("{}", value); }
Shown text(double value) { return fmt::format("{}", value); }
Shown text(milliseconds value) { return format_exactly(value); }
Shown text(const std::optional<milliseconds>& value) { return value ? text(*value) : std::nullopt; }

template <typename Choice>
requires requires(Choice choice) { words_of(choice); }
Shown text(Choice value) { return words_of(value).at(static_cast<size_t>(value)); }

template <typename Value>
constexpr Kind kind_of() {
    using Read = std::remove_cvref_t<Value>;
    if (std::is_same_v<Read, bool>) return Kind::toggle;
    if (std::is_arithmetic_v<Read>) return Kind::number;
    if (std::is_enum_v<Read>) return Kind::choice;
    if (std::is_same_v<Read, milliseconds> || std::is_same_v<Read, std::optional<milliseconds>>) return Kind::duration;
    return Kind::text;
}

/// The row of a setting that is one member of Settings: its kind, and how it is read and shown, follow from the
/// member's type, unless the `option` says otherwise.
template <auto member>
constexpr Option setting(std::string_view name, std::string_view spellings, std::string_view value,
                         std::string_view help, Option option = {}) {
    option.name = name;
    option.spellings = spellings;
    option.value = value;
    option.help = help;
    if (option.kind == Kind::text) option.kind = kind_of<decltype((std::declval<Settings&>().*member))>();
    if constexpr (requires(const Given& from, Settings& to) { read(from, to.*member); })
        if (option.take == nullptr) option.take = [](Settings& to, const Given& from) { read(from, to.*member); };
    if constexpr (requires(const Settings& from) { text(from.*member); })
        if (option.show == nullptr) option.show = [](const Settings& from) { return text(from.*member); };
    return option;
}

template <Verbosity wanted>
void set_verbosity_if_on(Settings& to, const Given& from) {
    if (is_on(from)) to.verbosity = wanted;
}

template <Verbosity wanted>
Shown show_verbosity(const Settings& from) {
    return text(from.verbosity == wanted);
}

void take_nodes(Settings& to, const Given& from) {
    to.nodes = node_list(from.text);
    if (to.nodes.empty() && from.source == Source::command_line)
        throw from.wrong("a node's address; is a variable of the shell not set?");
    to.nodes_from = from.source == Source::command_line ? "" : from.where;
}

Shown show_nodes(const Settings& from) {
    std::vector<std::string> uris;
    for (const Secret& uri : from.nodes) uris.push_back(masked(uri));
    return uris.empty() ? Shown{} : fmt::format("{}", fmt::join(uris, ","));
}

void take_ttl(Settings& to, const Given& from) {
    const bool is_word = from.text.find_first_of("0123456789") == std::string::npos;
    to.ttl = duration(from, is_word ? "; run renews the lock for as long as its command runs" : "");
}

void take_password_file(Settings& to, const Given& from) {
    to.password = read_password(from.where, from.text);
    to.password_file = from.text;
}

void take_key_prefix(Settings& to, const Given& from) {
    if (from.text.find_first_of(" {}") != std::string::npos || printable(from.text, from.text.size()) != from.text)
        throw from.wrong("free of spaces, braces and control characters");
    to.key_prefix = from.text;
}

void take_node_timeout(Settings& to, const Given& from) {
    to.node_timeout = duration(from);
    if (to.node_timeout == milliseconds{0}) throw from.wrong("a time for one answer, as in 500ms");
}

void take_restart_guard(Settings& to, const Given& from) {
    to.restart_guard = from.text == "off" ? std::nullopt : std::optional{duration(from, ", or off")};
}

void take_history(Settings& to, const Given& from) {
    if (from.text == "off") to.history.reset();
    else to.history = number(from, 1, most_history, "a number from 1 to 1000000, or off");
}

void take_local_dir(Settings& to, const Given& from) {
    if (!from.text.starts_with('/')) throw from.wrong("an absolute path");
    to.local_dir = from.text;
}

void take_label(Settings& to, const Given& from) {
    if (from.text.size() > 200 || printable(from.text, from.text.size()) != from.text)
        throw from.wrong("a label of at most 200 bytes without control characters");
    to.label = from.text;
}

void take_conflict_exit_code(Settings& to, const Given& from) {
    to.conflict_exit_code = number(from, 0, 255, "an exit status from 0 to 255, as in 75");
}

void take_nonblock(Settings& to, const Given& from) {
    if (is_on(from)) to.wait = milliseconds{0};
}

void take_max_hold(Settings& to, const Given& from) {
    const milliseconds longest = duration(from, "; without it there is no limit");
    to.max_hold = longest > milliseconds{0} ? std::optional{longest} : std::nullopt;
}

const std::array table{
    setting<&Settings::nodes>("nodes", "--node", "URI", "a Redis node; give it several times, or several with commas",
                              {.kind = Kind::list, .take = take_nodes, .show = show_nodes}),
    setting<&Settings::password>(
        "password", "", "", "for nodes whose URI has none",
        {.against = "password-file",
         .take = [](Settings& to, const Given& from) { to.password = Secret{from.text}; },
         .show = [](const Settings& from) { return from.password.empty() || from.password_file ? Shown{} : "***"; }}),
    setting<&Settings::password_file>("password-file", "--password-file", "FILE",
                                      "has the password for nodes whose URI has none",
                                      {.against = "password", .take = take_password_file}),
    setting<&Settings::tls_ca>("tls-ca", "--tls-ca", "FILE", "TLS: trust only the authorities in FILE (the system's)"),
    setting<&Settings::tls_cert>("tls-cert", "--tls-cert", "FILE", "TLS: our certificate, for nodes that ask for one"),
    setting<&Settings::tls_key>("tls-key", "--tls-key", "FILE", "TLS: its key (in the same file)"),
    setting<&Settings::tls_insecure>("tls-insecure", "--tls-insecure", "",
                                     "TLS: don't check who answers; warns each time"),
    setting<&Settings::config_file>("config", "--config", "FILE",
                                    "the configuration (~/.config/holdfast/config.toml, /etc/holdfast.toml)",
                                    {.in_file = false}),
    setting<&Settings::profile>("profile", "--profile", "NAME", "the part of the configuration to use: [profile.NAME]",
                                {.in_file = false}),
    setting<&Settings::key_prefix>("key-prefix", "--key-prefix", "PREFIX", "stands before each lock's name (holdfast:)",
                                   {.may_be_empty = true,
                                    .take = take_key_prefix,
                                    .show = [](const Settings& from) { return Shown{from.key_prefix}; }}),
    setting<&Settings::node_timeout>("node-timeout", "--node-timeout", "DURATION",
                                     "for one answer of a node (TTL/10, at most 1s)", {.take = take_node_timeout}),
    setting<&Settings::replicas>(
        "replicas", "--replicas", "N", "a node's grant counts once so many of its replicas have it (0)",
        {.take = [](Settings& to, const Given& from) { to.replicas = number(from, 0, 9, "a number from 0 to 9"); }}),
    setting<&Settings::restart_guard>(
        "restart-guard", "--restart-guard", "DURATION|off",
        "how long a restarted node of three or more has no vote (60s)",
        {.take = take_restart_guard,
         .show = [](const Settings& from) { return from.restart_guard ? text(from.restart_guard) : "off"; }}),
    setting<&Settings::history>(
        "history", "--history", "N|off", "how many entries of a lock's history the nodes keep (100)",
        {.kind = Kind::number_or_word,
         .take = take_history,
         .show = [](const Settings& from) { return from.history ? Shown{fmt::format("{}", *from.history)} : "off"; }}),
    setting<&Settings::no_scripts>("no-scripts", "--no-scripts", "",
                                   "ask the nodes by transactions instead of Lua scripts"),
    setting<&Settings::local_dir>("local-dir", "--local-dir", "DIR",
                                  "where local: nodes live and stay (/tmp/holdfast-UID)", {.take = take_local_dir}),
    setting<&Settings::verbosity>("verbose", "-v,--verbose", "", "say more on stderr",
                                  {.kind = Kind::toggle,
                                   .against = "quiet",
                                   .take = set_verbosity_if_on<Verbosity::verbose>,
                                   .show = show_verbosity<Verbosity::verbose>}),
    setting<&Settings::verbosity>("quiet", "-q,--quiet", "", "say only what went wrong",
                                  {.kind = Kind::toggle,
                                   .against = "verbose",
                                   .take = set_verbosity_if_on<Verbosity::quiet>,
                                   .show = show_verbosity<Verbosity::quiet>}),
    setting<&Settings::log_format>("log-format", "--log-format", "text|json", "how events are written (text)"),
    setting<&Settings::log_to>("log-to", "--log-to", "stderr|syslog|fd:N|FILE", "where events are written (stderr)"),
    setting<&Settings::ttl>("ttl", "--ttl", "DURATION", "how long the lock outlives a holder that vanished (30s)",
                            {.scope = Scope::taking, .take = take_ttl}),
    setting<&Settings::wait>("nonblock", "-n,--nonblock,--try", "", "fail at once if somebody else holds the lock",
                             {.kind = Kind::toggle,
                              .scope = Scope::taking,
                              .against = "wait",
                              .take = take_nonblock,
                              .show = [](const Settings& from) { return text(from.wait == milliseconds{0}); }}),
    setting<&Settings::wait>(
        "wait", "-w,--wait,--timeout", "DURATION", "wait for the lock at most this long (for ever)",
        {.scope = Scope::taking,
         .against = "nonblock",
         .take = [](Settings& to, const Given& from) { to.wait = duration(from, "; without it there is no limit"); },
         .show = [](const Settings& from) { return from.wait == milliseconds{0} ? Shown{} : text(from.wait); }}),
    setting<&Settings::conflict_exit_code>("conflict-exit-code", "-E,--conflict-exit-code", "N",
                                           "status when the lock was not acquired (75)",
                                           {.scope = Scope::taking, .take = take_conflict_exit_code}),
    setting<&Settings::min_hold>("min-hold", "--min-hold", "DURATION",
                                 "keep the lock at least this long, whatever the command does (0)",
                                 {.scope = Scope::running}),
    setting<&Settings::label>("label", "--label", "TEXT", "what others see of this holder (the program's name)",
                              {.scope = Scope::taking, .take = take_label}),
    setting<&Settings::drift>(
        "drift", "--drift", "RATIO", "bound on the difference of clock rates (0.01)",
        {.scope = Scope::taking,
         .take = [](Settings& to,
                    const Given& from) { to.drift = number(from, 0.0, 0.5, "a ratio from 0 to 0.5, as in 0.01"); }}),
    setting<&Settings::grace>("grace", "--grace", "DURATION", "between SIGTERM and SIGKILL on loss (TTL/4, at most 5s)",
                              {.scope = Scope::running}),
    setting<&Settings::on_lost>("on-lost", "--on-lost", "stop|ignore",
                                "what happens to the command when the lock is lost (stop)", {.scope = Scope::running}),
    setting<&Settings::leftovers>("leftovers", "--leftovers", "wait|kill|leave",
                                  "what to do when the command left others of its group behind (wait)",
                                  {.scope = Scope::running}),
    setting<&Settings::tree>("tree", "--tree", "",
                             "when the command is stopped, stop descendants outside its group as well",
                             {.scope = Scope::running}),
    setting<&Settings::max_hold>("max-hold", "--max-hold", "DURATION", "stop the command after this long (never)",
                                 {.scope = Scope::running, .take = take_max_hold}),
};

} // namespace

std::string Option::variable() const {
    std::string variable = "HOLDFAST_";
    for (const char c : name) variable += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
    return variable;
}

std::string Option::flag() const { return std::string{long_spelling(spellings)}; }

std::vector<std::string_view> split_spellings(std::string_view spellings) {
    return spellings.empty() ? std::vector<std::string_view>{} : split(spellings, ',');
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
