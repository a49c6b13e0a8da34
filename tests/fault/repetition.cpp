#include "fault/repetition.hpp"

#include "fault/network.hpp"
#include "fault/scene.hpp"
#include "fault/standstill.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <exception>
#include <fstream>
#include <unistd.h>

namespace holdfast::test {
namespace {

/// How long the nodes keep the key at least after a renewal was sent, if their clocks are as bad as we assume.
nanoseconds lease(const Draw& draw) { return draw.ttl - (draw.ttl / 100 + milliseconds{3}); }

bool survives(const Draw& draw) { return draw.traits().status == 0; }

/// Somebody else who waits for the lock must not get it before the command is gone.
bool excludes_others(const Draw& draw) { return !draw.traits().by_force && draw.fault != Fault::both_killed; }

bool stops_answers(Fault fault) { return fault == Fault::nodes_hang || fault == Fault::nodes_silent; }

/// Injects, and says by when the command has to be gone, if it has to.
BootTime inject_and_judge(Scene& scene) {
    const Draw& draw = scene.draw();
    const BootTime before = BootClock::now();
    const BootTime keys_end = scene.forgotten_at();
    const BootTime cut = inject(scene);
    if (survives(draw)) return BootTime::max();
    if (!draw.traits().by_force && !stops_answers(draw.fault)) return scene.forgotten_at();

    // The nodes were asked in time if no renewal came between the question and the fault.
    constexpr milliseconds soon{40};
    const bool renewal_was_far = keys_end - before > draw.ttl * 2 / 3 + soon && cut - before < soon;
    const BootTime lease_ends = renewal_was_far ? keys_end : cut + lease(draw);
    if (!draw.traits().by_force) return lease_ends;
    // The next renewal finds out, a node timeout may pass for it, and then it is told and killed after its grace.
    const milliseconds slack = draw.ttl / 10 + milliseconds{100};
    return std::min(lease_ends, BootClock::now() + draw.ttl / 3 + draw.grace + slack);
}

void expect(Verdict& verdict, bool good, const std::string& problem) {
    if (!good) verdict.problems.push_back(problem);
}

/// The command goes on, and ends when it is asked to.
void check_survival(Scene& scene, Verdict& verdict) {
    std::this_thread::sleep_for(scene.draw().ttl * 3 / 2);
    expect(verdict, scene.run().running(), "holdfast has ended");
    expect(verdict, scene.draw().command == "stop" || scene.beats_on("child"), "the command does not beat any more");
    expect(verdict, scene.holding() > scene.draw().nodes / 2, "the lock is not renewed");
    expect(verdict, eventually([&] { return scene.guard() > 0; }, seconds{1}), "there is no guard");
    scene.end_command();
}

/// The command is gone by `limit`.
void check_end(Scene& scene, Verdict& verdict, BootTime limit) {
    if (scene.draw().fault == Fault::supervisor_stopped)
        std::this_thread::sleep_for(limit + scene.draw().ttl / 4 - BootClock::now());
    if (scene.draw().fault == Fault::both_killed && scene.draw().command != "plain") {
        std::this_thread::sleep_for(limit - BootClock::now());
        verdict.outside = scene.group_alive();
        ::kill(-scene.command(), SIGKILL);
    }
    if (!eventually([&] { return !scene.group_alive(); }, limit - BootClock::now() + seconds{2})) {
        verdict.problems.push_back("processes of the group live on: " + scene.group_text());
        ::kill(-scene.command(), SIGKILL);
    }
    if (!verdict.outside) verdict.margin = limit - scene.last_beat();
    expect(verdict, verdict.outside || limit > scene.last_beat(), "the command outlived the lock");
}

/// Before somebody else takes the lock, and not so late that the keys have gone by themselves.
void check_release(Scene& scene, Verdict& verdict) {
    const Draw& draw = scene.draw();
    const milliseconds soon = stops_answers(draw.fault) ? draw.ttl : draw.ttl / 3;
    expect(verdict, eventually([&] { return scene.holding() == 0; }, soon), "the key is not released");
    if (draw.fault == Fault::key_overwritten)
        expect(verdict, scene.servers()[0].text({"GET", "holdfast:x"}) == "somebody else", "another's key is gone");
}

void check_aftermath(Scene& scene, Verdict& verdict) {
    expect(verdict, eventually([&] { return scene.group_gone(); }, seconds{1}), "processes of the group are left");
    if (scene.draw().command == "daemon")
        expect(verdict, survives(scene.draw()) || scene.beats_on("daemon"), "no daemon");
}

void run(const Draw& draw, Verdict& verdict) {
    Scene scene{draw};
    std::optional<Process> rival;
    if (excludes_others(draw)) rival.emplace(scene.rival());
    std::this_thread::sleep_for(draw.after);

    Standstill standstill;
    const BootTime limit = inject_and_judge(scene);
    if (survives(draw)) check_survival(scene, verdict);
    else check_end(scene, verdict, limit);
    verdict.standstill = standstill.longest();
    // A stopped holdfast ends when it is continued; with all others healing would come too soon.
    if (draw.fault == Fault::supervisor_stopped) heal(scene);
    verdict.status = scene.run().wait().status();
    if (draw.fault != Fault::supervisor_stopped) heal(scene);
    expect(verdict, verdict.status == draw.traits().status,
           fmt::format("status {} instead of {}", verdict.status, draw.traits().status));
    if (verdict.status != 128 + SIGKILL) check_release(scene, verdict);
    if (rival) {
        const int status = rival->wait().status();
        expect(verdict, status != 99, "another holder met the command: the kernel lock was taken");
        expect(verdict, status == 0 || status == 99, fmt::format("another who waited ended with {}", status));
    }
    check_aftermath(scene, verdict);
}

/// All of them are our children, or will be when their parents are gone.
void kill_descendants() {
    const std::string children = fmt::format("/proc/self/task/{}/children", ::gettid());
    do {
        std::ifstream pids{children};
        for (pid_t pid = 0; pids >> pid;) ::kill(pid, SIGKILL);
    } while (::waitpid(-1, nullptr, 0) > 0);
}

} // namespace

Verdict repeat(const Draw& draw) {
    Verdict verdict;
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (draw.fault == Fault::nodes_silent)
        if (const auto why = enter_own_network()) {
            verdict.skipped = "no network of our own: " + *why;
            return verdict;
        }
    try {
        run(draw, verdict);
    } catch (const std::exception& error) {
        verdict.problems.emplace_back(error.what());
    }
    kill_descendants();
    return verdict;
}

} // namespace holdfast::test
