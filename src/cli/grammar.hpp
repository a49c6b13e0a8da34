// What CLI11 has to know to read a command line. It compares each option with all that were declared before it, so that
// to declare everything would be most of the work of a run: only what the typed words may mean is declared.
#pragma once

#include "config/options.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace holdfast {

/// CLI11 takes a word from '[' to ']' for a list and drops the brackets, in any option (think of -c '[ -e x ]'). A
/// mark behind the bracket keeps it from that; whoever reads a word takes the mark off again.
std::string marked(const std::string& word);
std::string unmarked(std::string word);

/// What is typed. Nothing: declare everything.
using Words = std::optional<std::span<const std::string>>;

/// A command's grammar, or that of what may stand before one. Where an option is returned, it is nothing if no word can
/// mean it.
class Grammar {
  public:
    Grammar(CLI::App& app, Words words) : app_{app}, words_{words} {}

    CLI::Option* flag(const std::string& spellings, const std::string& help, const std::function<void()>& set);
    CLI::Option* flag(const std::string& spellings, const std::string& help, bool& target);

    /// Takes a value as it stands: no lists, no conversion that would put the value into a message. The last one
    /// counts.
    CLI::Option* value(const std::string& spellings, const std::string& type, const std::string& help,
                       const std::function<void(std::string)>& take);
    CLI::Option* value(const std::string& spellings, const std::string& type, const std::string& help,
                       std::optional<std::string>& target);

    /// The settings that such a command has. Those of every command may stand before its name or after it.
    void settings(Option::Scope widest, Layer& given);
    /// Those of single commands may stand in front as well, though nobody needs to know: --print-config takes them all.
    void hidden_settings(Layer& given);

    void name(const std::string& type, bool required, std::string& target);
    /// What stands behind the name is a command's.
    void leave_the_rest() { app_.prefix_command(); }

  private:
    bool may_be_meant(std::string_view spellings) const;
    CLI::Option* setting(const Option& option, Layer& given);

    CLI::App& app_;
    Words words_;
};

} // namespace holdfast
