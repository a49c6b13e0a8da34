#include "fault/injection.hpp"

#include "fault/network.hpp"
#include "lock/quorum.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <random>
#include <stdexcept>
#include <thread>

namespace holdfast::test {
namespace {

void wait_stopped(pid_t child) {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child), &info, WSTOPPED | WNOWAIT);
}

void wait_ended(pid_t child) {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
}

void each(RedisServers& servers, const std::function<void(RedisServer&)>& act) {
    for (size_t i = 0; i < servers.size(); ++i) act(servers[i]);
}

void overwrite(RedisServer& server) { server.command({"SET", locked_key, "somebody else", "PX", "3000"}); }

void restart(RedisServer& server) {
    server.kill();
    server.start();
}

/// One of three, up to two of five.
void choose_minority(Scene& scene) {
    const unsigned detail = scene.draw().detail;
    const size_t n = scene.servers().size();
    scene.leave_out(detail % n);
    if (n == 5 && detail % 2 == 1) scene.leave_out((detail + 1) % n);
}

/// All but a minority, however they are chosen.
void choose_majority(Scene& scene) {
    const size_t n = scene.servers().size();
    for (size_t i = 0; i < quorum(n); ++i) scene.choose((scene.draw().detail + i) % n);
}

void each_left_out(Scene& scene, const std::function<void(RedisServer&)>& act) {
    for (size_t i = 0; i < scene.servers().size(); ++i)
        if (scene.left_out(i)) act(scene.servers()[i]);
}

void fail(RedisServer& server, unsigned way) {
    switch (way % 5) {
    case 0: return server.pause();
    case 1: return server.kill();
    case 2: return restart(server);
    case 3: return overwrite(server);
    default: server.command({"FLUSHALL"});
    }
}

/// Without a restart, so that nothing guards what it had granted.
void forget(RedisServer& server, unsigned way) {
    switch (way % 3) {
    case 0: return overwrite(server);
    case 1: server.command({"FLUSHALL"}); return;
    default: server.command({"DEL", locked_key});
    }
}

void kill_both(Scene& scene) {
    const pid_t guard = scene.guard();
    // Or it would have another guard at once.
    scene.run().signal(SIGSTOP);
    wait_stopped(scene.run().pid());
    ::kill(guard, SIGKILL);
    scene.run().signal(SIGKILL);
}

/// Its disk takes nothing any more, and it refuses to write what it could not save.
void fill_disk(RedisServer& server) {
    const rlimit nothing{0, RLIM_INFINITY};
    ::prlimit(server.pid(), RLIMIT_FSIZE, &nothing, nullptr);
    server.command({"CONFIG", "SET", "save", "3600 1"});
    server.command({"BGSAVE"});
    if (!eventually([&] {
            return server.text({"INFO", "persistence"}).find("bgsave_status:err") != std::string::npos;
        }))
        throw std::runtime_error{"a save succeeds"};
}

/// Without our own client, which takes no word from a replica.
void follow(const RedisServer& server, const char* host, const char* port) {
    const Finished cli = finish({"redis-cli", "-s", server.node().socket_path, "REPLICAOF", host, port});
    if (cli.out != "OK\n") throw std::runtime_error{"it becomes no replica: " + cli.out + cli.err};
}

void lose_nodes(Scene& scene) {
    std::vector<uint16_t> ports;
    each(scene.servers(), [&](RedisServer& server) { ports.push_back(server.node().port); });
    lose_packets(scene.draw().detail % 2 == 0 ? Direction::to : Direction::from, ports);
}

/// All answers are slow for some renewals, and then there are none.
void slow_down_and_cut(Scene& scene) {
    scene.meddle({.reply_delay = scene.draw().node_timeout * 9 / 10});
    std::this_thread::sleep_for(scene.draw().ttl / 2);
    scene.meddle({.drop_requests = true, .drop_replies = true});
}

void act(Scene& scene) {
    const Draw& draw = scene.draw();
    RedisServers& servers = scene.servers();
    Process& run = scene.run();
    switch (draw.fault) {
    case Fault::supervisor_killed: run.signal(SIGKILL); break;
    case Fault::supervisor_stopped:
        run.signal(SIGSTOP);
        wait_stopped(run.pid());
        break;
    case Fault::guard_killed: ::kill(scene.guard(), SIGKILL); break;
    case Fault::both_killed: kill_both(scene); break;
    case Fault::command_killed: ::kill(scene.command(), SIGKILL); break;
    case Fault::command_stopped:
        ::kill(-scene.command(), SIGSTOP);
        std::this_thread::sleep_for(draw.ttl);
        ::kill(-scene.command(), SIGCONT);
        break;
    case Fault::nodes_hang: each(servers, &RedisServer::pause); break;
    case Fault::nodes_hang_briefly:
        each(servers, &RedisServer::pause);
        std::this_thread::sleep_for(draw.ttl / 4);
        each(servers, &RedisServer::resume);
        break;
    case Fault::nodes_silent: silence_network(); break;
    case Fault::packets_lost: lose_nodes(scene); break;
    case Fault::nodes_restarted: each(servers, &RedisServer::kill); break;
    case Fault::restarted_with_log: each(servers, restart); break;
    case Fault::flushall: each(servers, [](RedisServer& server) { server.command({"FLUSHALL"}); }); break;
    case Fault::key_deleted: each(servers, [](RedisServer& server) { server.command({"DEL", locked_key}); }); break;
    case Fault::key_overwritten: each(servers, overwrite); break;
    case Fault::connections_closed:
        each(servers, [](RedisServer& server) { server.command({"CLIENT", "KILL", "SKIPME", "yes"}); });
        break;
    case Fault::scripts_flushed: each(servers, [](RedisServer& server) { server.command({"SCRIPT", "FLUSH"}); }); break;
    case Fault::clients_paused: {
        const std::string ms = std::to_string(draw.ttl.count() / 4);
        each(servers, [&](RedisServer& server) { server.command({"CLIENT", "PAUSE", ms, "ALL"}); });
        break;
    }
    case Fault::nodes_read_only: each(servers, [](RedisServer& server) { follow(server, "127.0.0.1", "1"); }); break;
    case Fault::memory_full:
        each(servers, [](RedisServer& server) { server.command({"CONFIG", "SET", "maxmemory", "1"}); });
        break;
    case Fault::disk_full: each(servers, fill_disk); break;
    case Fault::requests_dropped: scene.meddle({.drop_requests = true}); break;
    case Fault::replies_dropped: scene.meddle({.drop_replies = true}); break;
    case Fault::half_open: scene.meddle({.drop_requests = true, .drop_replies = true}); break;
    case Fault::resets_in_reply: scene.meddle({.reset_in_reply = true}); break;
    case Fault::late_replies: scene.meddle({.late_reply = true}); break;
    case Fault::slow_then_silent: slow_down_and_cut(scene); break;
    case Fault::majority_cut_off:
        choose_majority(scene);
        scene.meddle({.drop_requests = true, .drop_replies = true});
        break;
    case Fault::stalled_to_the_end: scene.meddle({.stalls = true}); break;
    case Fault::stalled_briefly:
        scene.meddle({.stalls = true});
        std::this_thread::sleep_for(draw.ttl / 4);
        scene.meddle({});
        break;
    case Fault::delays:
        scene.meddle({.request_delay = draw.node_timeout / 4, .reply_delay = draw.node_timeout / 4});
        break;
    case Fault::byte_by_byte: scene.meddle({.byte_by_byte = true}); break;
    case Fault::restarted_in_turn:
        servers[0].kill();
        each_left_out(scene, &RedisServer::start);
        servers[0].start();
        break;
    case Fault::minority_fails:
        choose_minority(scene);
        each_left_out(scene, [&](RedisServer& server) { fail(server, draw.detail / 5); });
        break;
    case Fault::quorum_forgets: forget(servers[draw.detail % quorum(draw.nodes)], draw.detail / 5); break;
    case Fault::minority_meddled:
        choose_minority(scene);
        scene.meddle(some_meddling(draw.detail / 5, draw.node_timeout));
        break;
    case Fault::clock_jumps:
        choose_minority(scene);
        each_left_out(scene, [&](RedisServer& server) {
            server.folder().write("wall-clock-is-ahead-by", draw.detail / 5 % 2 == 0 ? "3600" : "-3600");
        });
        break;
    // The others come before the command starts or when it ends (fault/repetition.cpp), or have scenes of their own.
    default: break;
    }
    if (draw.fault == Fault::supervisor_killed || draw.fault == Fault::both_killed) wait_ended(run.pid());
}

/// The processes stand still, as on a machine that is too busy for them, and go on in another order.
void stall(std::vector<pid_t> processes, nanoseconds how_long, unsigned order) {
    std::minstd_rand random{order};
    std::ranges::shuffle(processes, random);
    for (const pid_t process : processes) ::kill(process, SIGSTOP);
    std::this_thread::sleep_for(how_long);
    std::ranges::shuffle(processes, random);
    for (const pid_t process : processes) ::kill(process, SIGCONT);
}

} // namespace

BootTime inject(Scene& scene) {
    const Draw& draw = scene.draw();
    if (draw.moment != Moment::anytime) {
        const auto what = draw.moment == Moment::renewal_sent ? Proxy::Seen::request : Proxy::Seen::reply;
        scene.meeting().await(what, what == Proxy::Seen::request ? 1 : draw.answers);
        if (!scene.meeting().met()) throw std::runtime_error{"there are no renewals"};
    }
    act(scene);
    const BootTime done = BootClock::now();
    scene.meeting().let_go();
    // Only now may it be that somebody is granted what was lost.
    if (draw.fault == Fault::nodes_restarted) each(scene.servers(), &RedisServer::start);
    return done;
}

void strike(Scene& scene, BootTime lease_ends) {
    const Draw draw = scene.draw();
    const milliseconds drift = draw.ttl / 100 + milliseconds{2};
    if (draw.fault == Fault::stalled_to_the_end) {
        std::this_thread::sleep_for(lease_ends - drift - milliseconds{1} - BootClock::now());
        return scene.meddle({});
    }
    if (draw.strike == Strike::none) return;
    const milliseconds kill_margin = std::max(draw.ttl / 20, milliseconds{100});
    const milliseconds before_kill = draw.strike == Strike::all_stalled ? milliseconds{0} : draw.grace;
    std::this_thread::sleep_for(lease_ends - drift - kill_margin - before_kill - BootClock::now());
    if (!scene.run().running()) return scene.spare();
    switch (draw.strike) {
    case Strike::all_stalled: return stall(scene.holdfasts_and_guards(), kill_margin / 4, draw.detail);
    case Strike::supervisor_stopped:
        scene.run().signal(SIGSTOP);
        wait_stopped(scene.run().pid());
        break;
    case Strike::supervisor_killed:
        scene.run().signal(SIGKILL);
        wait_ended(scene.run().pid());
        break;
    default:
        if (const pid_t guard = scene.guard(); guard > 0) ::kill(guard, SIGKILL);
    }
}

void heal(Scene& scene) {
    RedisServers& servers = scene.servers();
    const auto tell = [&](std::initializer_list<std::string_view> words) {
        each(servers, [&](RedisServer& server) { server.command(words); });
    };
    switch (scene.draw().fault) {
    case Fault::nodes_hang: return each(servers, &RedisServer::resume);
    case Fault::nodes_silent: return heal_network();
    case Fault::packets_lost: return find_packets();
    case Fault::nodes_read_only: return each(servers, [](RedisServer& server) { follow(server, "NO", "ONE"); });
    case Fault::memory_full: return tell({"CONFIG", "SET", "maxmemory", "0"});
    case Fault::disk_full: return tell({"CONFIG", "SET", "stop-writes-on-bgsave-error", "no"});
    default: return;
    }
}

Meddling some_meddling(unsigned which, milliseconds node_timeout) {
    switch (which % 8) {
    case 0: return {.request_delay = node_timeout / 2};
    case 1: return {.reply_delay = node_timeout / 2};
    case 2: return {.reply_delay = node_timeout * 2};
    case 3: return {.drop_requests = true};
    case 4: return {.drop_replies = true};
    case 5: return {.reset_in_reply = true};
    case 6: return {.stalls = true};
    default: return {.late_reply = true};
    }
}

} // namespace holdfast::test
