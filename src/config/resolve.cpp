#include "config/resolve.hpp"

#include "base/escape.hpp"
#include "base/nearest.hpp"
#include "config/file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>

namespace holdfast {
namespace {

Layer from_environment(const Environment& environment) {
    Layer layer;
    for (const Option& option : options()) {
        const std::string variable = option.variable();
        auto text = environment(variable.c_str());
        // A value that was read from a file, which `echo` has written, may end with a line end.
        if (text) text->erase(text->find_last_not_of("\r\n") + 1);
        if (text && (!text->empty() || option.may_be_empty))
            layer.insert_or_assign(std::string{option.name}, Given{Source::environment, variable, std::move(*text)});
    }
    return layer;
}

/// The places of a configuration file that nobody has named, the one that counts more first.
std::vector<std::string> usual_places(const Environment& environment) {
    std::vector<std::string> candidates;
    const auto set = [&](const char* name) { return environment(name).value_or(""); };
    if (const std::string base = set("XDG_CONFIG_HOME"); base.starts_with('/'))
        candidates.push_back(base + "/holdfast/config.toml");
    else if (const std::string home = set("HOME"); home.starts_with('/'))
        candidates.push_back(home + "/.config/holdfast/config.toml");
    candidates.emplace_back("/etc/holdfast.toml");
    return candidates;
}

/// Throws Failure if another user's file is there and we may not read it, as after sudo, which may leave HOME as it is.
void refuse_anothers(const std::string& file) {
    struct stat info {};
    if (::access(file.c_str(), R_OK) == 0 || ::stat(file.c_str(), &info) != 0 || info.st_uid == ::geteuid()) return;
    throw Failure{ExitStatus::configuration,
                  fmt::format("cannot read {}: it is another user's; is HOME that user's, too (sudo -H sets our own)? "
                              "--config FILE names another file",
                              printable(file, 300))};
}

std::optional<std::string> default_file(const Environment& environment) {
    for (std::string& candidate : usual_places(environment)) {
        if (::access(candidate.c_str(), F_OK) != 0) continue;
        refuse_anothers(candidate);
        return std::move(candidate);
    }
    return {};
}

std::optional<std::string> config_path(const Layer& given, const Environment& environment) {
    const auto chosen = given.find("config");
    if (chosen == given.end()) return default_file(environment);
    if (chosen->second.text.find("://") != std::string::npos)
        throw chosen->second.wrong("a file; a server is named by --node URI");
    return std::filesystem::absolute(chosen->second.text).string();
}

/// What Settings::nodes_in_file says.
std::string nodes_in_file(const Layer& given, const Environment& environment) {
    const auto path = config_path(given, environment);
    const std::vector<std::string> places = usual_places(environment);
    if (!path && places.size() == 1)
        return fmt::format("a configuration file, but HOME is {}, and {} does not exist",
                           environment("HOME").value_or("").empty() ? "not set" : "no absolute path", places[0]);
    if (!path)
        return fmt::format("a configuration file, but neither {} exists",
                           printable(fmt::format("{}", fmt::join(places, " nor ")), 300));
    const ConfigFile file = read_config_file(*path);
    const bool has = file.top.contains("nodes"); // then a stronger source gave none
    const bool in_profiles = !given.contains("profile") && !file.profiles.empty();
    return fmt::format("{}{}{}", printable(*path, 300), has ? "" : ", which has none",
                       !has && in_profiles ? " outside its profiles: --profile NAME chooses one" : "");
}

/// Adds the values of the selected profile, then those at the top of the file, as far as no stronger source has given
/// the value. Throws Failure if there is no such profile.
void add_file(Layer& given, const Environment& environment) {
    const auto path = config_path(given, environment);
    const auto profile = given.find("profile");
    if (!path) {
        if (profile == given.end()) return;
        throw Failure{ExitStatus::configuration,
                      fmt::format("{} '{}': there is no configuration file; name one with --config",
                                  profile->second.where, printable(profile->second.text))};
    }
    ConfigFile file = read_config_file(*path);
    if (profile != given.end()) {
        const auto found = file.profiles.find(profile->second.text);
        if (found == file.profiles.end()) {
            std::vector<std::string> names;
            for (const auto& [name, settings] : file.profiles) names.push_back(name);
            throw profile->second.wrong(fmt::format(
                "a profile of {}{}{}", *path, did_you_mean(profile->second.text, names),
                names.empty()
                    ? fmt::format(", which has none; write [profile.{}] there", printable(profile->second.text))
                    : fmt::format(", which has {}", fmt::join(names, ", "))));
        }
        given.merge(found->second);
    }
    given.merge(file.top);
    given.try_emplace("config", Given{Source::file, "found there", ""}).first->second.text = *path;
}

/// If two options say the opposite, removes the one from the weaker source. Throws Failure if both are from one source.
void settle_contradictions(Layer& given) {
    const auto said = [&](const Option& option) {
        const auto found = given.find(option.name);
        const bool off = found != given.end() && option.kind == Option::Kind::toggle && !is_on(found->second);
        return off ? given.end() : found;
    };
    for (const Option& option : options()) {
        if (option.against.empty()) continue;
        const auto one = said(option);
        const auto other = said(*find_option(option.against));
        if (one == given.end() || other == given.end()) continue;
        if (one->second.source == other->second.source)
            throw Failure{one->second.source == Source::command_line ? ExitStatus::usage : ExitStatus::configuration,
                          fmt::format("{} and {} contradict each other; give one of them", one->second.where,
                                      other->second.where)};
        given.erase(one->second.source < other->second.source ? other : one);
    }
}

} // namespace

std::optional<std::string> environment_variable(const char* name) {
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): no thread changes the environment
    return value == nullptr ? std::nullopt : std::optional<std::string>{value};
}

Resolved resolve(const Layer& typed, const Environment& environment) {
    Resolved resolved{{}, typed};
    Layer& given = resolved.given;
    given.merge(from_environment(environment));
    add_file(given, environment);
    settle_contradictions(given);

    Settings& settings = resolved.settings;
    settings.local_dir = fmt::format("/tmp/holdfast-{}", ::geteuid());
    for (const Option& option : options())
        if (const auto found = given.find(option.name); found != given.end()) option.take(settings, found->second);
    if (settings.nodes.empty()) settings.nodes_in_file = nodes_in_file(given, environment);
    if (!given.contains("grace")) settings.grace = std::min<milliseconds>(seconds{5}, settings.ttl / 4);
    if (!given.contains("node-timeout")) settings.node_timeout = std::min<milliseconds>(settings.ttl / 10, seconds{1});
    return resolved;
}

std::vector<std::string> profile_names(const Layer& typed, const Environment& environment) {
    Layer given = typed;
    given.merge(from_environment(environment));
    std::vector<std::string> names;
    if (const auto path = config_path(given, environment))
        for (const auto& [name, settings] : read_config_file(*path).profiles) names.push_back(name);
    return names;
}

} // namespace holdfast
