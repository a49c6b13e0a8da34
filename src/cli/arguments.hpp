// The command line as typed.
#pragma once

#include "config/options.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace holdfast {

enum class CommandName {
    run,
    acquire,
    renew,
    release,
    verify,
    status,
    list,
    force_release,
    doctor,
    completion,
    print_config
};

struct Arguments {
    CommandName command{};
    std::string name;               ///< the lock; for list a glob, "*" when none was given; for completion a shell
    std::vector<std::string> words; ///< run: the command, untouched, whatever its words look like
    Layer settings;                 ///< what stands in config/options.hpp

    bool json = false;
    bool watch = false;                 ///< list
    bool exported = false;              ///< acquire: as assignments for a shell
    std::optional<std::string> token{}; ///< renew, release, verify
    std::optional<std::string> token_file{};
    std::optional<std::string> status_fd{};  ///< run
    bool yes = false;                        ///< force-release
    bool dry_run = false;                    ///< force-release
    std::optional<std::string> reason{};     ///< force-release
    std::optional<std::string> older_than{}; ///< force-release
    bool acl = false;                        ///< doctor: only print the rights that are needed
};

/// --help and --version: nothing to do but to print this.
struct Printed {
    std::string text;
};

/// Throws Failure with status 64.
std::variant<Arguments, Printed> parse_arguments(int argc, const char* const* argv);

/// What can be typed, for help and completion: first what may stand before a command, then each command.
struct CommandSyntax {
    struct Option {
        std::vector<std::string> spellings;
        std::string value; ///< "DURATION", "stop|ignore"; empty when it takes none
        std::string help;
    };
    std::string name;
    std::string help;
    std::string argument; ///< "NAME", "GLOB", "SHELL" or nothing
    bool argument_required;
    std::string exit_status; ///< a list of what it means, as a sentence goes on behind "The exit status is"
    std::vector<Option> options;
};
std::vector<CommandSyntax> syntax();

} // namespace holdfast
