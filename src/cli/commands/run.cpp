#include "cli/run.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/command.hpp"
#include "cli/taking.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace holdfast {
namespace {

std::optional<milliseconds> once_in(const Arguments& typed) {
    const auto value = typed.duration("--once-in");
    if (!value) return {};
    if (value == milliseconds{0}) throw misuse("--once-in 0 would skip nothing; leave it out");
    if (typed.name.find(',') != std::string::npos)
        throw misuse("--once-in is for one lock; give a name without a comma");
    if (typed.has("--shared") || typed.has("--slots"))
        throw misuse("--once-in holds the lock alone; leave --shared and --slots out");
    return value;
}

std::string program_name(const std::string& word) { return word.substr(word.rfind('/') + 1); }

Exit run(const Arguments& typed, const Settings& settings) {
    std::optional<StatusFd> wanted;
    if (const auto& number = typed.value("--status-fd")) wanted.emplace(*number);
    RunReport report{.us = this_process(settings.label.value_or(program_name(typed.words.front())), settings.ttl)};
    const auto tell = [&](int status) {
        if (wanted) wanted->write(typed.name, status, report);
    };
    try {
        const Exit exit = run_under_locks(typed.name, kind_of(typed), once_in(typed), typed.words, settings, report);
        tell(exit.status);
        return exit;
    } catch (const Failure& failure) {
        report.message = failure.what();
        tell(static_cast<int>(failure.status()));
        throw;
    }
}

/// The words become those of a shell if -c was typed.
void take_shell(Arguments& typed) {
    std::vector<std::string>& words = typed.words;
    const auto& shell = typed.value("--shell");
    if (shell && !words.empty())
        throw misuse("-c takes one word, a line in quotes, and the command '{}' stands beside it; put all of it into "
                     "the quotes, or leave -c out",
                     printable(words.front()));
    if (shell && shell->empty()) throw misuse("the command of -c is empty; as in: holdfast run NAME -c 'COMMAND'");
    if (shell) words = {"/bin/sh", "-c", *shell};
    if (words.empty())
        throw misuse("no command behind the lock's name '{0}'; as in: holdfast run {0} -- COMMAND",
                     printable(typed.name));
    if (words.front().empty())
        throw misuse("the command behind the lock's name '{}' is an empty word; is a variable of the shell not set?",
                     printable(typed.name));
}

constexpr std::array own{
    OptionSyntax{"-c,--shell", "STRING", "run the command through /bin/sh"},
    shared_option,
    exclusive_option,
    slots_option,
    OptionSyntax{"--once-in", "DURATION", "skip the command if it has succeeded within that time"},
    OptionSyntax{"--status-fd", "N", "write how the run ended to descriptor N, as a line of JSON"},
};

} // namespace

constinit const CommandRow run_command{
    .name = "run",
    .synopsis = "NAME[,NAME...] [--] COMMAND [ARGUMENT...]\nNAME[,NAME...] -c 'STRING'",
    .help = "take lock NAME, run a command while holding it, release it; or several at once",
    .example = "holdfast run -w 10m --node redis://db1 deploy -- ./deploy.sh",
    .exit_status = as_the_command,
    .settings = Option::Scope::running,
    .options = own,
    .behind = CommandRow::Behind::command,
    .interpret = take_shell,
    .run = run,
};

} // namespace holdfast
