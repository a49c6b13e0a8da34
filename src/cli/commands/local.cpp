#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/command.hpp"
#include "cli/screen.hpp"
#include "local/local_nodes.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

void check_word(Arguments& typed) {
    if (typed.name != "stop")
        throw misuse("local knows only 'stop', not '{}'; a local: server starts when a command first uses it",
                     printable(typed.name));
}

Exit local(const Arguments&, const Settings& settings) {
    std::string why_not;
    const std::vector<LocalServer> servers = stop_local_nodes(settings.local_dir);
    for (const auto& [socket, runs_on] : servers)
        if (runs_on.empty()) show(fmt::format("stopped the server at {}\n", socket));
        else why_not += fmt::format("\n  {}  {}", socket, runs_on);
    if (servers.empty()) show(fmt::format("no local: server runs in {}\n", settings.local_dir));
    if (!why_not.empty()) throw Failure{ExitStatus::not_acquired, "not every local: server was stopped" + why_not};
    return ExitStatus::ok;
}

} // namespace

constinit const CommandRow local_command{
    .name = "local",
    .synopsis = "stop",
    .help = "stop the servers that --node local: started; what they know stays for the next start",
    .example = "holdfast local stop",
    .exit_status = "0, or 75 when a server is in use.",
    .interpret = check_word,
    .run = local,
};

} // namespace holdfast
