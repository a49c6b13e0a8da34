#include "cli/all_locks.hpp"
#include "cli/command.hpp"
#include "cli/exposition.hpp"
#include "cli/screen.hpp"

namespace holdfast {
namespace {

Exit metrics(const Arguments& typed, const Settings& settings) {
    show(exposition(list_or_fail(settings, typed.name, Beside::stats)));
    return ExitStatus::ok;
}

} // namespace

constinit const CommandRow metrics_command{
    .name = "metrics",
    .synopsis = "[GLOB]",
    .help = "every lock, or those that match GLOB, as metrics for Prometheus",
    .example = "holdfast metrics 'nightly-*' >holdfast.prom",
    .exit_status = "0, or 69 when too few nodes answered.",
    .run = metrics,
};

} // namespace holdfast
