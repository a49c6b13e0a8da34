#include "fault/repetition.hpp"

#include "fault/contention.hpp"
#include "fault/failover.hpp"
#include "fault/injection.hpp"
#include "fault/network.hpp"
#include "fault/scene.hpp"
#include "fault/standstill.hpp"
#include "lock/quorum.hpp"
#include "support/strace.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <fstream>
#include <unistd.h>

namespace holdfast::test {
namespace {

/// How long the nodes keep the key at least after a renewal was sent, if their clocks are as bad as we assume.
nanoseconds lease(const Draw& draw) { return draw.ttl - (draw.ttl / 100 + milliseconds{3}); }

/// Somebody else who waits for the lock must not get it before the command is gone.
bool excludes_others(const Draw& draw) { return !draw.traits().by_force && draw.fault != Fault::both_killed; }

/// Nobody can ask the nodes how long they keep the key.
bool stops_answers(Fault fault) {
    return fault == Fault::nodes_hang || fault == Fault::nodes_silent || fault == Fault::packets_lost ||
           fault == Fault::nodes_read_only;
}

bool own_network(Fault fault) { return fault == Fault::nodes_silent || fault == Fault::packets_lost; }

/// Injects, and says by when the command has to be gone, if it has to.
BootTime inject_and_judge(Scene& scene) {
    const Draw& draw = scene.draw();
    const BootTime before = BootClock::now();
    const BootTime keys_end = scene.forgotten_at();
    const BootTime cut = inject(scene);
    if (draw.survives()) return BootTime::max();
    if (!draw.traits().by_force && !stops_answers(draw.fault)) return scene.forgotten_at();

    // The nodes were asked in time if no renewal came between the question and the fault.
    constexpr milliseconds soon{40};
    const bool renewal_was_far = keys_end - before > draw.ttl - draw.ttl / 3 + soon && cut - before < soon;
    const BootTime lease_ends = renewal_was_far ? keys_end : cut + lease(draw);
    if (!draw.traits().by_force) return lease_ends;
    // The next renewal finds out, a node timeout may pass for it, and then it is told and killed after its grace.
    const milliseconds slack = draw.ttl / 10 + milliseconds{350};
    return std::min(lease_ends, BootClock::now() + draw.ttl / 3 + draw.grace + slack);
}

void expect(Judgement& judgement, bool good, const std::string& problem) {
    if (!good) judgement.problems.push_back(problem);
}

void check_going_on(Scene& scene, Judgement& judgement) {
    const Draw& draw = scene.draw();
    std::this_thread::sleep_for(draw.ttl * 3 / 2);
    if (draw.fault == Fault::command_killed) {
        const bool others_live = draw.command == "fork";
        expect(judgement, !others_live || scene.beats_on("grandchild"), "I9 who was not killed does not beat any more");
        expect(judgement, !others_live || scene.holding() > draw.nodes / 2, "I7 the lock is not renewed");
        return;
    }
    expect(judgement, scene.run().running(), "I9 holdfast has ended");
    expect(judgement, draw.command == "stop" || scene.beats_on("child"), "I9 the command does not beat any more");
    expect(judgement, scene.holding() > draw.nodes / 2, "I7 the lock is not renewed");
    expect(judgement, eventually([&] { return scene.guard() > 0; }, seconds{1}), "I9 there is no guard");
}

/// The command ends when it is asked to, and the lock is not let go before all of it has ended.
void check_end_in_peace(Scene& scene, Judgement& judgement) {
    const Draw& draw = scene.draw();
    if (draw.fault == Fault::release_meddled) scene.meddle(some_meddling(draw.detail, draw.node_timeout));
    scene.end_command();
    eventually([&] { return scene.holding() <= draw.nodes / 2; });
    const BootTime released = BootClock::now();
    std::this_thread::sleep_for(milliseconds{10});
    expect(judgement, scene.last_beat() < released, "I7 the lock was let go while something of the command lived");
}

/// The command is gone by `limit`, or as much later as the nodes turn out to keep the key.
void check_end(Scene& scene, Judgement& judgement, BootTime limit) {
    const Draw& draw = scene.draw();
    const bool can_ask = !draw.traits().by_force && !stops_answers(draw.fault);
    if (draw.stopped()) std::this_thread::sleep_for(limit + draw.ttl / 4 - BootClock::now());
    if (draw.fault == Fault::both_killed && draw.command != "plain") {
        std::this_thread::sleep_for(limit - BootClock::now());
        judgement.outside = scene.group_alive();
        ::kill(-scene.command(), SIGKILL);
    }
    const auto gone = [&] {
        if (!scene.group_alive()) return true;
        if (can_ask) limit = std::max(limit, scene.forgotten_at());
        return false;
    };
    if (!eventually(gone, limit - BootClock::now() + draw.ttl + seconds{2})) {
        judgement.problems.push_back("I2 processes of the group live on: " + scene.group_text());
        ::kill(-scene.command(), SIGKILL);
    }
    if (!judgement.outside) judgement.margin = limit - scene.last_beat();
    expect(judgement, judgement.outside || limit > scene.last_beat(), "I2 the command outlived the lock");
}

/// Before somebody else takes the lock, and not so late that the keys have gone by themselves.
void check_release(Scene& scene, Judgement& judgement) {
    const Draw& draw = scene.draw();
    const bool unheard = draw.traits().mute || draw.fault == Fault::release_meddled;
    const milliseconds soon = unheard ? draw.ttl + milliseconds{100} : draw.ttl / 3;
    expect(judgement, eventually([&] { return scene.holding() == 0; }, soon), "I6 the key is not released");
    if (draw.fault == Fault::key_overwritten)
        expect(judgement, scene.servers()[0].text({"GET", "holdfast:x"}) == "somebody else",
               "I3 another's key is gone");
}

void check_rival(Process& rival, Judgement& judgement) {
    const int status = rival.wait().status();
    expect(judgement, status != 99, "I1 another holder met the command: the kernel lock was taken");
    expect(judgement, status != 97, "I5 the resource refused the next holder's fence number");
    expect(judgement, status == 0 || status == 99 || status == 97,
           fmt::format("I8 another who waited ended with {}", status));
}

/// One who waits first in line is killed or stopped when its turn comes: the second has it all the same.
void check_hand_over(Scene& scene, Judgement& judgement, Process& first) {
    Process second = scene.rival();
    check_going_on(scene, judgement);
    scene.end_command();
    std::this_thread::sleep_for(std::chrono::microseconds{scene.draw().detail * 8});
    first.signal(scene.draw().fault == Fault::waiter_killed ? SIGKILL : SIGSTOP);
    check_rival(second, judgement);
    first.signal(SIGCONT);
    const int status = first.wait().status();
    expect(judgement, status == 0 || status == 79 || status == 137, fmt::format("I9 the first ended with {}", status));
}

/// Stopped between the last vote and the go, until the lock is somebody else's: the command is not started.
void freeze_after_win(Scene& scene, Judgement& judgement) {
    const Draw& draw = scene.draw();
    scene.meeting().await(Proxy::Seen::reply, quorum(draw.nodes));
    scene.start();
    if (!scene.meeting().met()) throw std::runtime_error{"the nodes do not answer"};
    std::this_thread::sleep_for(std::chrono::microseconds{draw.detail * 3});
    scene.run().signal(SIGSTOP);
    scene.meeting().let_go();
    scene.wait_for_record();
    Process rival = scene.rival("briefly");
    eventually([&] { return scene.holding() == 0 && scene.servers()[0].text({"GET", "holdfast:x"}) != "(nil)"; });
    scene.run().signal(SIGCONT);
    const int status = scene.run().wait().status();
    ++judgement.operations[status];
    // Frozen a little earlier, it has not heard that it had won.
    expect(judgement, status == 79 || status == 75 || status == 69, fmt::format("I9 status {}", status));
    check_rival(rival, judgement);
}

/// holdfast is killed in its first twenty milliseconds: before, while or after it makes the guard and the command's
/// process.
void kill_early(Scene& scene, Judgement& judgement) {
    scene.start();
    std::this_thread::sleep_for(std::chrono::microseconds{scene.draw().detail * 20});
    scene.run().signal(SIGKILL);
    const int status = scene.run().wait().status();
    ++judgement.operations[status];
    expect(judgement, status == scene.draw().status(), fmt::format("I9 status {}", status));
    Process rival = scene.rival("briefly");
    check_rival(rival, judgement);
    expect(judgement, !scene.beats_on("child"), "I2 the command outlived the lock");
}

/// Held up between the win and the go, until a node of exactly a quorum has forgotten: the command is not started,
/// though the lease would have lasted.
void rob_before_go(Scene& scene, Judgement& judgement) {
    const Draw& draw = scene.draw();
    const size_t q = quorum(draw.nodes);
    judgement.skipped = untraceable();
    if (!judgement.skipped.empty()) return;
    for (size_t i = q; i < draw.nodes; ++i) scene.servers()[i].pause();
    scene.start();
    for (size_t i = 0; i < q; ++i) eventually([&] { return scene.servers()[i].text({"EXISTS", "holdfast:x"}) == "1"; });
    scene.servers()[1 + draw.detail % (q - 1)].command({"DEL", "holdfast:x"});
    const int status = scene.run().wait().status();
    ++judgement.operations[status];
    expect(judgement, scene.last_beat() == BootTime{}, "I1 the command was started without the lock");
    expect(judgement, status == draw.status(), fmt::format("I9 status {} instead of {}", status, draw.status()));
    for (size_t i = q; i < draw.nodes; ++i) scene.servers()[i].resume();
}

void check_keys(Scene& scene, Judgement& judgement) {
    for (size_t i = 0; i < scene.servers().size(); ++i) {
        if (scene.left_out(i)) continue;
        for (const Reply& one : scene.servers()[i].command({"KEYS", "*"}).items)
            expect(judgement, scene.servers()[i].command({"PTTL", one.text}).integer != -1,
                   fmt::format("I6 {} would stay for ever", one.text));
    }
}

void check_aftermath(Scene& scene, Judgement& judgement) {
    const Draw& draw = scene.draw();
    expect(judgement, eventually([&] { return scene.group_gone(); }, seconds{1}), "I6 processes of the group are left");
    if (draw.command == "daemon") expect(judgement, draw.survives() || scene.beats_on("daemon"), "I9 no daemon");
    if (!draw.killed()) expect(judgement, scene.holding() == 0, "I4 the lock is renewed after its end");
    check_keys(scene, judgement);
}

/// From the command's first sign of life on.
void hold(Scene& scene, Judgement& judgement) {
    const Draw& draw = scene.draw();
    scene.start();
    scene.wait_for_command();
    std::optional<Process> rival;
    if (excludes_others(draw)) rival.emplace(scene.rival());
    std::this_thread::sleep_for(draw.after);

    const BootTime limit = inject_and_judge(scene);
    if (draw.fault == Fault::waiter_killed || draw.fault == Fault::waiter_stopped) {
        check_hand_over(scene, judgement, *rival);
        rival.reset();
    } else if (draw.survives()) {
        check_going_on(scene, judgement);
        check_end_in_peace(scene, judgement);
    } else {
        strike(scene, limit);
        check_end(scene, judgement, limit);
    }
    if (draw.stopped()) scene.run().signal(SIGCONT);
    const int status = scene.run().wait().status();
    ++judgement.operations[status];
    // Before that, healing would come too soon.
    heal(scene);
    // Struck in its last moments, it may have ended by itself.
    const bool ended_before = draw.killed() && status == 79;
    expect(judgement, status == draw.status() || ended_before,
           fmt::format("I9 status {} instead of {}", status, draw.status()));
    if (!draw.killed()) check_release(scene, judgement);
    scene.meddle({});
    if (rival) check_rival(*rival, judgement);
    check_aftermath(scene, judgement);
}

void run(const Draw& draw, Judgement& judgement) {
    if (draw.fault == Fault::contention || draw.fault == Fault::contention_of_kinds) return contend(draw, judgement);
    if (draw.traits().failover) return fail_over(draw, judgement);
    Scene scene{draw};
    if (draw.fault == Fault::frozen_after_win) freeze_after_win(scene, judgement);
    else if (draw.fault == Fault::killed_early) kill_early(scene, judgement);
    else if (draw.fault == Fault::robbed_before_go) rob_before_go(scene, judgement);
    else hold(scene, judgement);
    for (std::string& problem : scene.foreign_changes()) judgement.problems.push_back(std::move(problem));
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

Judgement repeat(const Draw& draw) {
    Judgement judgement;
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (own_network(draw.fault)) {
        if (const auto why = enter_own_network()) judgement.skipped = "no network of our own: " + *why;
        else if (draw.fault == Fault::packets_lost) judgement.skipped = no_packet_filter().value_or("");
        if (!judgement.skipped.empty()) return judgement;
    }
    Standstill standstill;
    try {
        run(draw, judgement);
    } catch (const std::exception& error) {
        judgement.problems.emplace_back(error.what());
    }
    judgement.standstill = std::max(judgement.standstill, standstill.longest());
    kill_descendants();
    return judgement;
}

} // namespace holdfast::test
