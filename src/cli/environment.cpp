#include "cli/environment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <unistd.h>

namespace holdfast {
namespace {

/// What the lock's variables replace, and what carries passwords.
constexpr std::array not_inherited{"HOLDFAST_LOCK",   "HOLDFAST_KEY",        "HOLDFAST_TOKEN", "HOLDFAST_FENCE",
                                   "HOLDFAST_NODES",  "HOLDFAST_KEY_PREFIX", "HOLDFAST_HELD",  "HOLDFAST_PASSWORD",
                                   "HOLDFAST_CONFIG", "HOLDFAST_PROFILE"};
/// systemd's, by which a program knows that it is the one that is meant: sd_listen_fds(3), sd_watchdog_enabled(3).
constexpr std::array naming_a_process{"LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"};
/// The same process by a number that we cannot know before it is there; without it LISTEN_PID alone decides.
constexpr std::string_view beside_listen_pid = "LISTEN_PIDFDID";

} // namespace

Command command_with_environment(const std::vector<std::string>& words) {
    Command command{words, {}, {}};
    const std::string our_pid = std::to_string(::getpid());
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text{*entry};
        const std::string_view name = text.substr(0, text.find('='));
        const auto is_name = [&](const char* one) { return name == one; };
        if (std::ranges::any_of(naming_a_process, is_name) && text.substr(name.size()) == "=" + our_pid)
            command.naming_its_pid.emplace_back(name);
        else if (std::ranges::none_of(not_inherited, is_name) && name != beside_listen_pid)
            command.environment.emplace_back(text);
    }
    return command;
}

std::string joined(const std::vector<Node>& nodes, std::string (Node::*text)() const) {
    std::vector<std::string> texts;
    for (const Node& node : nodes) texts.push_back((node.*text)());
    return fmt::format("{}", fmt::join(texts, ","));
}

std::vector<std::string> lock_variables(const Lock& lock, const std::vector<Node>& nodes, const Settings& settings) {
    std::vector<std::string> variables{fmt::format("HOLDFAST_LOCK={}", lock.key().name),
                                       fmt::format("HOLDFAST_KEY={}", lock.key().key()),
                                       fmt::format("HOLDFAST_TOKEN={}", lock.token().text()),
                                       fmt::format("HOLDFAST_FENCE={}", lock.fence().number),
                                       fmt::format("HOLDFAST_NODES={}", joined(nodes, &Node::uri)),
                                       fmt::format("HOLDFAST_KEY_PREFIX={}", lock.key().prefix)};
    // With these a holdfast inside finds its passwords where we did.
    if (settings.config_file) variables.push_back(fmt::format("HOLDFAST_CONFIG={}", *settings.config_file));
    if (settings.profile) variables.push_back(fmt::format("HOLDFAST_PROFILE={}", *settings.profile));
    return variables;
}

} // namespace holdfast
