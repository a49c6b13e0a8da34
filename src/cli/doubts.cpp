#include "cli/doubts.hpp"

#include "base/duration.hpp"
#include "base/escape.hpp"
#include "base/nearest.hpp"
#include "cli/command.hpp"
#include "cli/environment.hpp"
#include "cli/habits.hpp"
#include "config/node_list.hpp"
#include "config/options.hpp"
#include "events/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view prefix = "HOLDFAST_";

/// "HOLDFAST_NODE_TIMEOUT" as an option would be spelled, without its dashes.
std::string as_spelling(std::string_view variable) {
    std::string spelling{variable.substr(prefix.size())};
    std::ranges::replace(spelling, '_', '-');
    for (char& c : spelling)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return spelling;
}

std::vector<std::string> spellings_of(const Option& option) {
    std::vector<std::string> all{std::string{option.name}};
    for (const std::string_view spelling : split_spellings(option.spellings))
        if (spelling.starts_with("--")) all.emplace_back(spelling.substr(2));
    return all;
}

bool sets_something(std::string_view variable) {
    return is_of_a_lock(variable) ||
           std::ranges::any_of(options(), [&](const Option& option) { return option.variable() == variable; });
}

/// Whether Kubernetes sets such a variable where there is a service that is called holdfast.
bool is_of_kubernetes(std::string_view variable) {
    const std::string_view name = variable.substr(prefix.size());
    return name.starts_with("PORT") || name.starts_with("SERVICE_");
}

/// The setting that a variable was likely to set; nullptr: none.
const Option* meant_by(const std::string& spelling) {
    using Habit = std::pair<std::string_view, std::string_view>;
    constexpr std::array habits{Habit{"log-level", "verbose"}, Habit{"loglevel", "verbose"},
                                Habit{"level", "verbose"},     Habit{"debug", "verbose"},
                                Habit{"trace", "verbose"},     Habit{"log", "log-to"},
                                Habit{"log-file", "log-to"},   Habit{"logfile", "log-to"},
                                Habit{"prefix", "key-prefix"}, Habit{"namespace", "key-prefix"}};
    if (const auto found = std::ranges::find(habits, spelling, &Habit::first); found != habits.end())
        return find_option(found->second);
    constexpr std::array servers{"redis", "url", "uri", "host", "hosts", "addr", "address", "servers", "endpoints"};
    if (std::ranges::any_of(servers, [&](const char* end) { return spelling.ends_with(end); }))
        return find_option("nodes");
    std::vector<std::string> known;
    for (const Option& option : options()) std::ranges::copy(spellings_of(option), std::back_inserter(known));
    std::string meant{nearest(spelling, known)};
    // As in HOLDFAST_GRACE_TIME and HOLDFAST_REDIS_PASSWORD.
    for (size_t at = 0, end = 0; meant.empty() && end != std::string::npos; at = end + 1) {
        end = spelling.find('-', at);
        if (std::ranges::count(known, spelling.substr(at, end - at)) > 0) meant = spelling.substr(at, end - at);
    }
    const auto found = std::ranges::find_if(
        options(), [&](const Option& option) { return std::ranges::count(spellings_of(option), meant) > 0; });
    return found == options().end() ? nullptr : &*found;
}

/// What to write for the variable that sets nothing, as the rest of a sentence; empty: nothing is known of it.
std::string instead_of(const std::string& spelling) {
    const std::string option = "--" + spelling;
    if (std::ranges::count(run_command.options, option,
                           [](const OptionSyntax& own) { return long_spelling(own.spellings); }) > 0)
        return option + " is for the command line alone";
    // Only words that are known for run and acquire alone: a variable with any other word may be a script's own.
    const std::string_view here = here_for_option(option, true);
    if (!here.empty() && here_for_option(option, false).empty()) return std::string{here};
    const Option* meant = meant_by(spelling);
    return meant == nullptr ? "" : fmt::format("did you mean {}?", meant->variable());
}

void doubt_variables(const char* const* environment, const Log& log) {
    for (; *environment != nullptr; ++environment) {
        const std::string_view text{*environment};
        const std::string_view name = text.substr(0, text.find('='));
        if (!name.starts_with(prefix) || sets_something(name) || is_of_kubernetes(name)) continue;
        if (const std::string instead = instead_of(as_spelling(name)); !instead.empty())
            log.tell(event::advice("{} sets nothing; {}", printable(name), instead));
    }
}

/// Gives advice if the text is a number without unit, so of seconds, and less than `least`, so that people may mean the
/// unit `likely` ('m' or 'h'); or if the number is so large that they may mean milliseconds.
void doubt_unit(const std::string& where, const std::string& text, milliseconds least, char likely, const Log& log) {
    const auto value = parse_duration(text);
    if (!value || *value == 0ms || text.find_first_not_of(".0123456789") != std::string::npos) return;
    if (*value < least)
        log.tell(event::advice("{0} {1} has no unit and is {1} seconds; write {1}{2} if {3} are meant, {1}s if not",
                               where, text, likely, likely == 'm' ? "minutes" : "hours"));
    // Libraries count in milliseconds; people say 1h for 3600 seconds.
    else if (*value >= 1000s && *value % 1000s == 0ms)
        log.tell(event::advice("{0} {1} has no unit and is {2}; write {1}ms if milliseconds are meant, {1}s if not",
                               where, text, format_duration(*value)));
}

void doubt_units(const Arguments& typed, const Resolved& resolved, const Log& log) {
    for (const Option& option : options()) {
        const auto given = resolved.given.find(option.name);
        const bool counts = typed.settings.contains(option.name) || option.scope <= typed.command->settings;
        if (option.kind == Option::Kind::duration && given != resolved.given.end() && counts)
            doubt_unit(given->second.where, given->second.text, option.name == "ttl" ? 1min : 0min, 'm', log);
    }
    for (const OptionSyntax& own : typed.command->options)
        if (const std::string_view name = long_spelling(own.spellings);
            own.value == "DURATION" && typed.value(name) && find_option(name.substr(2)) == nullptr)
            doubt_unit(std::string{name}, *typed.value(name), 1h, 'h', log);
}

void doubt_prefix(const std::string& name, const std::string& key_prefix, const Log& log) {
    if (key_prefix.find_first_of("*?[") != std::string::npos)
        log.tell(event::advice("'{}' is one prefix, and no pattern: it stands before the lock's name to the letter",
                               key_prefix));
    if (!key_prefix.empty() && name.starts_with(key_prefix))
        log.tell(event::advice(
            "'{}' stands before each name without being typed, so this means the key {}{}; leave it out of the name",
            key_prefix, key_prefix, printable(name)));
}

void doubt_name(const std::string& name, bool one, const Log& log) {
    if (one && name.find(',') != std::string::npos)
        log.tell(event::advice("'{}' is the name of one lock here; only run takes several", printable(name)));
    for (const std::string_view key : {"name=", "lock=", "key="})
        if (name.starts_with(key))
            log.tell(event::advice("the lock's name is '{}' to the letter; is {} meant?", printable(name),
                                   printable(name.substr(key.size()))));
    if (name.find('$') != std::string::npos && name.find(' ') == std::string::npos)
        log.tell(event::advice("the lock's name is '{}' to the letter; in single quotes the shell leaves '$' as it is",
                               printable(name)));
    if (name.find_first_of("*?[") != std::string::npos && name.find('\n') == std::string::npos)
        log.tell(event::advice("'{0}' is the name of one lock, and no pattern{1}; holdfast list '{0}' shows those "
                               "that are held",
                               printable(name), one ? "" : "; several names stand together with commas"));
}

void doubt_command(const std::vector<std::string>& words, const Log& log) {
    const auto joins =
        std::ranges::find_if(words, [](const std::string& word) { return word == "&&" || word == "||"; });
    if (joins != words.end())
        log.tell(
            event::advice("'{}' goes to {} as a word; for a line of shell use -c", *joins, printable(words.front())));
}

void doubt_texts(const Settings& settings, const Log& log) {
    if (const std::string label = settings.label.value_or(""); label.find('$') != std::string::npos)
        log.tell(
            event::advice("the label is '{}' to the letter; in single quotes the shell leaves '$' as it is", label));
    const std::string& password = settings.password.reveal();
    if (password.size() > 1 && password.front() == password.back() &&
        (password.front() == '"' || password.front() == '\''))
        log.tell(event::advice("the password begins and ends with a quote, which is a part of it; docker's files with "
                               "variables keep quotes"));
}

void doubt_nodes(const std::vector<Secret>& nodes, const Log& log) {
    for (const Secret& node : nodes)
        if (node.reveal().find("${") != std::string::npos || node.reveal().find("$(") != std::string::npos)
            log.tell(event::advice("{} has a '$' in it, which stays as it is; a password that stands in a variable is "
                                   "given as HOLDFAST_PASSWORD",
                                   printable(masked(node), 300)));
}

void refuse_without_tls(const Arguments& typed, const Settings& settings) {
    const auto has_tls = [](const Secret& node) {
        const std::string& uri = node.reveal();
        return uri.starts_with("rediss:") || uri.starts_with("sentinels:") || uri.starts_with("clusters:") ||
               uri.find("sentinel-tls=yes") != std::string::npos;
    };
    for (const std::string_view name : {"tls-ca", "tls-cert", "tls-key", "tls-insecure"})
        if (typed.settings.contains(name) && !settings.nodes.empty() && std::ranges::none_of(settings.nodes, has_tls))
            throw misuse("--{} does nothing here, for no node has TLS; write rediss:// for redis:// (sentinels://, "
                         "clusters://), or leave it out",
                         name);
}

void doubt_glob(const std::string& glob, const Log& log) {
    if (glob.find('%') != std::string::npos && glob.find('*') == std::string::npos)
        log.tell(event::advice("in '{}' a '%' stands for itself: '*' stands for anything, as in 'deploy-*'",
                               printable(glob)));
    if (glob.starts_with('^') || glob.ends_with('$'))
        log.tell(event::advice("'{}' is no regular expression here: '*' stands for anything, and '^' and '$' for "
                               "themselves, as in 'deploy-*'",
                               printable(glob)));
}

} // namespace

void tell_doubts(const Arguments& typed, const Resolved& resolved, const char* const* environment) {
    const Log log{resolved.settings.verbosity};
    doubt_variables(environment, log);
    if (typed.command == nullptr) return;
    doubt_units(typed, resolved, log);
    doubt_nodes(resolved.settings.nodes, log);
    doubt_command(typed.words, log);
    doubt_texts(resolved.settings, log);
    refuse_without_tls(typed, resolved.settings);
    const std::string_view argument = typed.command->argument();
    if (argument == "NAME" || argument == "GLOB") doubt_prefix(typed.name, resolved.settings.key_prefix, log);
    if (argument == "GLOB") doubt_glob(typed.name, log);
    if (argument == "NAME") doubt_name(typed.name, !takes_locks(*typed.command), log);
}

} // namespace holdfast
