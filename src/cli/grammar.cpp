#include "cli/grammar.hpp"

#include <algorithm>

namespace holdfast {
namespace {

constexpr char mark = '\x01';

bool may_mean(std::string_view word, std::string_view spelling) {
    if (spelling.starts_with("--")) return word.starts_with(spelling);
    // Several may stand together, as in -qv.
    return word.starts_with('-') && !word.starts_with("--") && word.find(spelling[1]) != std::string_view::npos;
}

} // namespace

std::string marked(const std::string& word) { return word.ends_with(']') || word.ends_with(mark) ? word + mark : word; }

std::string unmarked(std::string word) {
    if (word.ends_with(mark)) word.pop_back();
    return word;
}

CLI::Option* Grammar::flag(const std::string& spellings, const std::string& help, const std::function<void()>& set) {
    return may_be_meant(spellings) ? app_.add_flag_callback(spellings, set, help) : nullptr;
}

CLI::Option* Grammar::flag(const std::string& spellings, const std::string& help, bool& target) {
    return flag(spellings, help, [&target] { target = true; });
}

CLI::Option* Grammar::value(const std::string& spellings, const std::string& type, const std::string& help,
                            const std::function<void(std::string)>& take) {
    if (!may_be_meant(spellings)) return nullptr;
    return app_
        .add_option_function<std::string>(
            spellings, [take](const std::string& text) { take(unmarked(text)); }, help)
        ->type_name(type)
        ->take_last();
}

CLI::Option* Grammar::value(const std::string& spellings, const std::string& type, const std::string& help,
                            std::optional<std::string>& target) {
    return value(spellings, type, help, [&target](std::string text) { target = std::move(text); });
}

void Grammar::settings(Option::Scope widest, Layer& given) {
    for (const Option& option : options())
        if (option.scope <= widest) setting(option, given);
}

void Grammar::hidden_settings(Layer& given) {
    for (const Option& option : options())
        if (option.scope > Option::Scope::everywhere)
            if (CLI::Option* hidden = setting(option, given)) hidden->group("");
}

void Grammar::name(const std::string& type, bool required, std::string& target) {
    app_.add_option_function<std::string>(type, [&target](const std::string& text) { target = unmarked(text); })
        ->required(required);
}

bool Grammar::may_be_meant(std::string_view spellings) const {
    if (!words_) return true;
    for (size_t at = 0, end = 0; end != std::string_view::npos; at = end + 1) {
        end = spellings.find(',', at);
        const std::string_view spelling = spellings.substr(at, end - at);
        if (std::ranges::any_of(*words_, [&](const std::string& word) { return may_mean(word, spelling); }))
            return true;
    }
    return false;
}

CLI::Option* Grammar::setting(const Option& option, Layer& given) {
    if (option.spellings.empty() || !may_be_meant(option.spellings)) return nullptr;
    const std::string spellings{option.spellings};
    const std::string help{option.help};
    const auto set = [&given, &option](std::string text) {
        given.insert_or_assign(std::string{option.name}, Given{Source::command_line, option.flag(), std::move(text)});
    };
    if (option.kind == Option::Kind::toggle) return flag(spellings, help, [set] { set("yes"); });
    if (option.kind != Option::Kind::list) return value(spellings, std::string{option.value}, help, set);
    const auto add_all = [set, &given, &option](const CLI::results_t& values) {
        const auto found = given.find(option.name);
        std::string all = found == given.end() ? "" : found->second.text;
        for (const std::string& value : values) all += (all.empty() ? "" : ",") + unmarked(value);
        set(std::move(all));
        return true;
    };
    return app_.add_option(spellings, add_all, help)
        ->type_name(std::string{option.value})
        ->allow_extra_args(false)
        ->take_all();
}

} // namespace holdfast
