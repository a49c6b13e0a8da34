#include "base/duration.hpp"
#include "base/error.hpp"
#include "base/escape.hpp"
#include "config/settings.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <map>
#include <unistd.h>

namespace holdfast {
namespace {

/// A value and what the user calls it.
struct Given {
    std::string name; ///< "--ttl" or "HOLDFAST_TTL"
    std::string value;

    Failure wrong(std::string_view wanted) const {
        const bool typed = name.starts_with('-');
        return {typed ? ExitStatus::usage : ExitStatus::configuration,
                fmt::format("{} '{}' is not {}", name, printable(value), wanted)};
    }
};

class Source {
  public:
    explicit Source(const Environment& environment) : environment_{environment} {}

    std::optional<Given> pick(const std::optional<std::string>& typed, const char* option, const char* variable) const {
        if (typed) return Given{option, *typed};
        if (auto value = environment_(variable); value && !value->empty()) return Given{variable, std::move(*value)};
        return {};
    }

  private:
    const Environment& environment_;
};

milliseconds duration(const Given& given) {
    const auto parsed = parse_duration(given.value);
    if (!parsed) throw given.wrong("a duration of at most 365d, as in 500ms, 30s, 5m, 2h");
    return *parsed;
}

template <typename Number>
Number number(const Given& given, Number smallest, Number largest, std::string_view wanted) {
    Number value{};
    const char* end = given.value.data() + given.value.size();
    const auto [parsed_to, error] = std::from_chars(given.value.data(), end, value);
    if (error != std::errc{} || parsed_to != end || !(value >= smallest && value <= largest)) throw given.wrong(wanted);
    return value;
}

template <typename Choice>
Choice choice(const Given& given, const std::map<std::string_view, Choice>& choices, std::string_view wanted) {
    const auto found = choices.find(given.value);
    if (found == choices.end()) throw given.wrong(wanted);
    return found->second;
}

bool flag(bool typed, const char* variable, const Source& source) {
    const auto given = source.pick(typed ? std::optional<std::string>{"yes"} : std::nullopt, "", variable);
    return given &&
           choice<bool>(*given,
                        {{"1", true}, {"yes", true}, {"true", true}, {"0", false}, {"no", false}, {"false", false}},
                        "yes or no");
}

std::vector<Secret> node_list(const Typed& typed, const Environment& environment) {
    std::vector<std::string> lists = typed.nodes;
    if (lists.empty())
        if (auto value = environment("HOLDFAST_NODES")) lists.push_back(std::move(*value));
    std::vector<Secret> nodes;
    for (const std::string& list : lists) {
        size_t begin = 0;
        while (begin <= list.size()) {
            const size_t comma = std::min(list.find(',', begin), list.size());
            if (comma > begin) nodes.emplace_back(list.substr(begin, comma - begin));
            begin = comma + 1;
        }
    }
    return nodes;
}

Verbosity verbosity(const Typed& typed) {
    if (typed.verbose && typed.quiet)
        throw Failure{ExitStatus::usage, "-v and -q contradict each other; give one of them"};
    if (typed.verbose) return Verbosity::verbose;
    return typed.quiet ? Verbosity::quiet : Verbosity::normal;
}

std::optional<milliseconds> wait(const Typed& typed, const Source& source) {
    if (typed.nonblock && typed.wait)
        throw Failure{ExitStatus::usage, "-n does not wait and --wait does; give one of them"};
    if (typed.nonblock) return milliseconds{0};
    if (const auto given = source.pick(typed.wait, "--wait", "HOLDFAST_WAIT")) return duration(*given);
    return {};
}

} // namespace

std::optional<std::string> environment_variable(const char* name) {
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody changes the environment
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

Settings resolve(const Typed& typed, const Environment& environment) {
    const Source source{environment};
    Settings settings;
    settings.verbosity = verbosity(typed);
    settings.nodes = node_list(typed, environment);
    settings.password = Secret{environment("HOLDFAST_PASSWORD").value_or("")};
    if (typed.key_prefix) settings.key_prefix = *typed.key_prefix;
    else if (const auto prefix = environment("HOLDFAST_KEY_PREFIX")) settings.key_prefix = *prefix;
    settings.local_dir = fmt::format("/tmp/holdfast-{}", ::geteuid());
    if (const auto given = source.pick(typed.local_dir, "--local-dir", "HOLDFAST_LOCAL_DIR")) {
        if (!given->value.starts_with('/')) throw given->wrong("an absolute path");
        settings.local_dir = given->value;
    }
    if (const auto given = source.pick(typed.restart_guard, "--restart-guard", "HOLDFAST_RESTART_GUARD")) {
        settings.restart_guard.reset();
        if (given->value != "off") settings.restart_guard = duration(*given);
    }
    settings.no_scripts = flag(typed.no_scripts, "HOLDFAST_NO_SCRIPTS", source);
    if (const auto given = source.pick(typed.ttl, "--ttl", "HOLDFAST_TTL")) settings.ttl = duration(*given);
    settings.wait = wait(typed, source);
    settings.grace = std::min<milliseconds>(seconds{5}, settings.ttl / 4);
    if (const auto given = source.pick(typed.grace, "--grace", "HOLDFAST_GRACE")) settings.grace = duration(*given);
    settings.node_timeout = std::min<milliseconds>(settings.ttl / 10, seconds{1});
    if (const auto given = source.pick(typed.node_timeout, "--node-timeout", "HOLDFAST_NODE_TIMEOUT")) {
        settings.node_timeout = duration(*given);
        if (settings.node_timeout == milliseconds{0})
            throw given->wrong("a time in which a node can answer, as in 500ms");
    }
    if (const auto given = source.pick(typed.drift, "--drift", "HOLDFAST_DRIFT"))
        settings.drift = number(*given, 0.0, 0.5, "a ratio from 0 to 0.5, as in 0.01");
    if (const auto given = source.pick(typed.on_lost, "--on-lost", "HOLDFAST_ON_LOST"))
        settings.on_lost = choice<Settings::OnLost>(
            *given, {{"stop", Settings::OnLost::stop}, {"ignore", Settings::OnLost::ignore}}, "stop or ignore");
    if (const auto given = source.pick(typed.leftovers, "--leftovers", "HOLDFAST_LEFTOVERS"))
        settings.leftovers = choice<Settings::Leftovers>(*given,
                                                         {{"wait", Settings::Leftovers::wait},
                                                          {"kill", Settings::Leftovers::kill},
                                                          {"leave", Settings::Leftovers::leave}},
                                                         "wait, kill or leave");
    settings.tree = flag(typed.tree, "HOLDFAST_TREE", source);
    if (const auto given = source.pick(typed.max_hold, "--max-hold", "HOLDFAST_MAX_HOLD"))
        if (const milliseconds longest = duration(*given); longest > milliseconds{0}) settings.max_hold = longest;
    if (const auto given = source.pick(typed.conflict_exit_code, "--conflict-exit-code", "HOLDFAST_CONFLICT_EXIT_CODE"))
        settings.conflict_exit_code = number(*given, 0, 255, "an exit status from 0 to 255, as in 75");
    return settings;
}

} // namespace holdfast
