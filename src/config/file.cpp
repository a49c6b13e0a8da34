#include "config/file.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/nearest.hpp"
#include "config/node_list.hpp"
#include "config/options.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <vector>

namespace holdfast {
namespace {

const char* type_name(const toml::node& value) {
    switch (value.type()) {
    case toml::node_type::string: return "a text";
    case toml::node_type::integer:
    case toml::node_type::floating_point: return "a number";
    case toml::node_type::boolean: return "true or false";
    case toml::node_type::array: return "a list";
    case toml::node_type::table: return "a section";
    default: return "a date";
    }
}

const char* wanted(Option::Kind kind) {
    switch (kind) {
    case Option::Kind::duration: return "a duration, as in \"30s\"";
    case Option::Kind::number: return "a number";
    case Option::Kind::number_or_word: return "a number, or a word in quotes, as in \"off\"";
    case Option::Kind::toggle: return "true or false";
    case Option::Kind::list: return "a list of texts, as in [\"redis://a\", \"redis://b\"]";
    default: return "a text in quotes";
    }
}

/// The value as it would be typed on the command line; nothing for a value of the wrong type.
std::optional<std::string> text_of(const toml::node& value, Option::Kind kind) {
    const bool number = value.is_integer() || value.is_floating_point();
    const auto as_text = [&] {
        return value.is_integer() ? fmt::format("{}", value.as_integer()->get())
                                  : fmt::format("{}", value.as_floating_point()->get());
    };
    switch (kind) {
    case Option::Kind::toggle:
        return value.is_boolean() ? std::optional<std::string>{value.as_boolean()->get() ? "yes" : "no"} : std::nullopt;
    case Option::Kind::number: return number ? std::optional{as_text()} : std::nullopt;
    case Option::Kind::number_or_word:
    case Option::Kind::duration:
        if (number) return as_text();
        break;
    case Option::Kind::list:
        if (const toml::array* list = value.as_array()) {
            std::string joined;
            for (const toml::node& item : *list) {
                if (!item.is_string()) return {};
                joined += (joined.empty() ? "" : ",") + item.as_string()->get();
            }
            return joined;
        }
        break;
    default: break;
    }
    return value.is_string() ? std::optional{value.as_string()->get()} : std::nullopt;
}

bool has_password(const std::string& name, const std::string& text) {
    // What has a space in it is no address, and is refused for that.
    if (name == "nodes")
        return std::ranges::any_of(node_list(text), [](const Secret& uri) {
            return uri.reveal().find(' ') == std::string::npos && has_password(uri);
        });
    return name == "password";
}

class Reader {
  public:
    Reader(const std::string& path, const SmallFile& content) : path_{path}, content_{content} {}

    ConfigFile parse() const {
        ConfigFile file;
        const toml::table root = [&] {
            try {
                return toml::parse(content_.text);
            } catch (const toml::parse_error& error) {
                if (error.description().find("utf-8") != std::string_view::npos)
                    throw wrong(error.source(),
                                fmt::format("{}; save the file as UTF-8, as by: iconv -f latin1 -t utf-8",
                                            printable(error.description())));
                throw wrong(error.source(), fmt::format("{}{}", printable(error.description()), advice(error)));
            }
        }();
        for (const auto& [key, value] : root) {
            if (key.str() == "profile") read_profiles(value, file);
            else add(file.top, Source::file, key, value);
        }
        return file;
    }

  private:
    Failure wrong(const toml::source_region& where, const std::string& what) const {
        return {ExitStatus::configuration, fmt::format("{}:{}: {}", path_, where.begin.line, what)};
    }

    /// What to do about what is not TOML, as the end of a sentence.
    std::string_view advice(const toml::parse_error& error) const {
        const std::string& text = content_.text;
        if (text.find("HOLDFAST_") == 0 || text.find("\nHOLDFAST_") != std::string::npos)
            return "; a file of variables is for a shell, as in: set -a; . ./FILE; set +a; here nodes = "
                   "[\"redis://HOST\"] "
                   "stands for HOLDFAST_NODES";
        const auto says = [&](const char* words) { return error.description().find(words) != std::string_view::npos; };
        if (text.starts_with("---") || text.starts_with('{') || says("saw ':'"))
            return "; this is no YAML and no JSON but TOML, as in nodes = [\"redis://HOST\"] and ttl = \"30s\"";
        if (text.find("\xE2\x80\x9C") != std::string::npos || text.find("\xC2\xA0") != std::string::npos)
            return "; quotes and spaces of a text editor are not those of TOML; type them anew";
        if (says("parsing array")) return "; is a ']' or a ',' missing before this place?";
        if (says("parsing string")) return "; is a quote missing at the end of the text?";
        if (says("redefine")) return "; the name stands there twice";
        if (says("parsing key")) return "; a line is NAME = VALUE, and one that begins with # a comment";
        return "; texts and durations stand in quotes, as in ttl = \"30s\"";
    }

    void read_profiles(const toml::node& value, ConfigFile& file) const {
        const toml::table* profiles = value.as_table();
        if (profiles == nullptr)
            throw wrong(value.source(),
                        "a file cannot choose its profile; --profile NAME or HOLDFAST_PROFILE does, and "
                        "[profile.NAME] has its settings");
        for (const auto& [name, profile] : *profiles) {
            const toml::table* settings = profile.as_table();
            if (settings == nullptr)
                throw wrong(profile.source(), "a profile has a name, as in [profile.prod]; then its settings");
            Layer& layer = file.profiles[std::string{name.str()}];
            for (const auto& [key, one] : *settings) add(layer, Source::profile, key, one);
        }
    }

    void add(Layer& layer, Source source, const toml::key& key, const toml::node& value) const {
        const std::string name{key.str()};
        if (name == "profile")
            throw wrong(key.source(), "a file cannot choose its profile; --profile NAME or HOLDFAST_PROFILE does, and "
                                      "[profile.NAME] has its settings");
        const Option* option = find_option(name);
        if (option == nullptr || !option->in_file) {
            std::vector<std::string> known;
            for (const Option& one : options())
                if (one.in_file) known.emplace_back(one.name);
            std::string meant = did_you_mean(name, known);
            for (const Option& one : options())
                if (one.in_file &&
                    (one.variable() == name || std::ranges::count(split_spellings(one.spellings), "--" + name) > 0))
                    meant = fmt::format("; in a file it is written {}", one.name);
            constexpr std::array servers{"host",    "hosts", "port",  "server",   "servers",
                                         "address", "addr",  "redis", "endpoints"};
            if (std::ranges::count(servers, name) > 0)
                meant = "; a server's address is one text, as in nodes = [\"redis://HOST:PORT\"]";
            if (meant.empty() && value.is_table())
                meant = "; settings for all stand at the top, without a section; [profile.NAME] has those of --profile "
                        "NAME";
            if (meant.empty())
                meant = "; holdfast.toml(5) has them all, and what is not there stands on the command line";
            throw wrong(key.source(), fmt::format("'{}' is not a setting{}", printable(name), meant));
        }
        const auto text = text_of(value, option->kind);
        if (!text)
            throw wrong(value.source(),
                        fmt::format("{} is {}, and has to be {}", name, type_name(value), wanted(option->kind)));
        if (content_.others_may_read && has_password(name, *text))
            throw wrong(value.source(),
                        "a password stands here and others may read the file; " + how_to_keep_from_others(path_));
        layer.insert_or_assign(name,
                               Given{source, fmt::format("{}:{}: {}", path_, value.source().begin.line, name), *text});
    }

    const std::string& path_;
    const SmallFile& content_;
};

} // namespace

ConfigFile parse_config(const std::string& path, const SmallFile& content) { return Reader{path, content}.parse(); }
ConfigFile read_config_file(const std::string& path) { return parse_config(path, read_small_file(path)); }

} // namespace holdfast
