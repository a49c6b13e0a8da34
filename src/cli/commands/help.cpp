#include "cli/help.hpp"

#include "cli/command.hpp"
#include "cli/screen.hpp"
#include "cli/unknown_words.hpp"

namespace holdfast {
namespace {

Exit help(const Arguments& typed, const Settings&) {
    const CommandRow* about = typed.name.empty() ? &program_row : find_command(typed.name);
    if (about == nullptr) throw unknown_command(typed.name, "");
    show(help_text(*about));
    return ExitStatus::ok;
}

} // namespace

constinit const CommandRow help_command{
    .name = "help",
    .synopsis = "[COMMAND]",
    .help = "show the commands, or the options of COMMAND",
    .example = "holdfast help run",
    .needs_settings = false,
    .run = help,
};

} // namespace holdfast
