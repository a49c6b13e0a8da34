#include "cli/run_report.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/fd.hpp"
#include "base/json.hpp"
#include "events/log.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

namespace holdfast {

Exit exit_of(const Ending& ending, RunReport& report) {
    if (WIFSIGNALED(ending.wait_status)) report.command_signal = WTERMSIG(ending.wait_status);
    else report.command_status = WEXITSTATUS(ending.wait_status);
    const bool lost = ending.lost || ending.outer_lost;
    report.result = lost ? "lost" : ending.timed_out ? "timed_out" : "ended";
    if (lost) return ExitStatus::lost;
    if (ending.timed_out) return ExitStatus::timed_out;
    if (report.command_signal) return Exit::of_signal(*report.command_signal);
    return Exit::with(*report.command_status);
}

namespace {

/// The fence number, and the slot if there is one.
void add_held(Json& json, const RunReport::Held& held) {
    json.add("fence", held.fence.number);
    if (held.slot) json.add("slot", *held.slot);
}

Json locks_json(const std::vector<RunReport::Held>& locks) {
    Json list = Json::list();
    for (const RunReport::Held& held : locks) {
        Json one = Json::object({{"name", held.name}});
        add_held(one, held);
        list.add(one);
    }
    return list;
}

} // namespace

int status_fd(const std::string& number) {
    const auto found = given_for_writing(number);
    if (!found)
        throw misuse("--status-fd '{}' is not a descriptor open for writing, as in: "
                     "holdfast run --status-fd 3 ... 3>status.json",
                     printable(number));
    return *found;
}

void write_report(int fd, const std::string& lock, int status, const RunReport& report) {
    Json json = Json::object({{"time", rfc3339(wall_time_since_epoch())},
                              {"lock", lock},
                              {"label", report.us.label},
                              {"user", report.us.user},
                              {"host", report.us.host},
                              {"pid", report.us.pid},
                              {"result", report.result},
                              {"status", status}});
    if (report.command_status) json.add("command_status", *report.command_status);
    if (report.command_signal) json.add("command_signal", *report.command_signal);
    if (!report.message.empty()) json.add("message", report.message);
    if (report.holder) json.add("holder", *report.holder);
    if (report.locks.size() == 1) add_held(json, report.locks.front());
    if (!report.locks.empty()) json.add("locks", locks_json(report.locks));
    if (report.started_at) json.add("started_at", rfc3339(*report.started_at));
    if (report.ended_at) json.add("ended_at", rfc3339(*report.ended_at));
    if (report.waited) json.add("waited_ms", report.waited->count());
    if (report.held) json.add("held_ms", report.held->count());
    ::signal(SIGPIPE, SIG_IGN);
    if (!write_all(fd, json.line())) tell_at_end(event::not_reported(fd, errno_text(errno)));
}

} // namespace holdfast
