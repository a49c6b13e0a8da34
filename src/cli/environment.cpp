#include "cli/environment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unistd.h>

namespace holdfast {
namespace {

using Text = std::optional<std::string>;

struct Held {
    const std::vector<const Lock*>& locks;
    const std::vector<Node>& nodes;
    const Settings& settings;
    const std::vector<RunAround>& runs;
};

std::string uris(const std::vector<Node>& nodes) {
    std::vector<std::string> all;
    for (const Node& node : nodes) all.push_back(node.uri());
    return fmt::format("{}", fmt::join(all, ","));
}

/// What `of` says of each lock, with commas between.
template <typename Of>
std::string list(const Held& held, Of of) {
    std::vector<std::string> all;
    for (const Lock* lock : held.locks) all.push_back(fmt::format("{}", of(*lock)));
    return fmt::format("{}", fmt::join(all, ","));
}

struct Variable {
    std::string_view name;
    /// The value for the command; nothing: the command gets no such variable.
    Text (*value)(const Held&);
};

/// The variables of holdfast that the command does not inherit: holdfast sets each of them anew or leaves it out.
constexpr std::array<Variable, 11> variables{{
    {"HOLDFAST_LOCK",
     [](const Held& held) -> Text { return list(held, [](const Lock& lock) { return lock.key().name; }); }},
    {"HOLDFAST_KEY",
     [](const Held& held) -> Text { return list(held, [](const Lock& lock) { return lock.key().key(); }); }},
    {"HOLDFAST_TOKEN",
     [](const Held& held) -> Text { return list(held, [](const Lock& lock) { return lock.token().text(); }); }},
    {"HOLDFAST_FENCE",
     [](const Held& held) -> Text { return list(held, [](const Lock& lock) { return lock.fence().number; }); }},
    {"HOLDFAST_SLOT",
     [](const Held& held) {
         const auto slot = [](const Lock& lock) { return lock.slot().value_or(0); };
         return held.locks.front()->slot() ? Text{list(held, slot)} : Text{};
     }},
    {"HOLDFAST_NODES", [](const Held& held) -> Text { return uris(held.nodes); }},
    {"HOLDFAST_KEY_PREFIX", [](const Held& held) -> Text { return held.settings.key_prefix; }},
    // With these two a holdfast in the command finds its passwords where we did; HOLDFAST_PASSWORD itself is left out.
    {"HOLDFAST_CONFIG", [](const Held& held) { return held.settings.config_file; }},
    {"HOLDFAST_PROFILE", [](const Held& held) { return held.settings.profile; }},
    {"HOLDFAST_PASSWORD", [](const Held&) -> Text { return {}; }},
    {"HOLDFAST_HELD", [](const Held& held) { return held.runs.empty() ? Text{} : held_text(held.runs); }},
}};

/// Variables of systemd that name the process that they are for: sd_listen_fds(3), sd_watchdog_enabled(3).
constexpr std::array<std::string_view, 3> naming_a_process{"LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"};
/// This variable names the process of LISTEN_PID by a number that we cannot know before the fork, so the command does
/// not get the variable; without it LISTEN_PID alone decides.
constexpr std::string_view beside_listen_pid = "LISTEN_PIDFDID";

} // namespace

bool is_of_a_lock(std::string_view variable) { return std::ranges::count(variables, variable, &Variable::name) > 0; }

Command command_with_environment(const std::vector<std::string>& words) {
    Command command{words, {}, {}};
    const std::string our_pid = std::to_string(::getpid());
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        const std::string_view name = text.substr(0, text.find('='));
        if (std::ranges::count(naming_a_process, name) > 0 && text.substr(name.size()) == "=" + our_pid)
            command.naming_its_pid.emplace_back(name);
        else if (!is_of_a_lock(name) && name != beside_listen_pid) command.environment.emplace_back(text);
    }
    return command;
}

std::vector<std::string> lock_variables(const std::vector<const Lock*>& locks, const std::vector<Node>& nodes,
                                        const Settings& settings, const std::vector<RunAround>& runs) {
    std::vector<std::string> set;
    for (const Variable& variable : variables)
        if (const auto value = variable.value({locks, nodes, settings, runs}))
            set.push_back(fmt::format("{}={}", variable.name, *value));
    return set;
}

} // namespace holdfast
