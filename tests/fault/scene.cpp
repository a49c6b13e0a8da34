#include "fault/scene.hpp"

#include "fault/network.hpp"
#include "process/group.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <iterator>
#include <span>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace holdfast::test {
namespace {

/// Key that the runs here lock.
constexpr std::string_view key = "holdfast:x";

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
}

/// In a child before exec: stderr becomes a pipe that is full and that nobody reads.
void fill_stderr() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) ::_exit(125);
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    const std::array<char, 4096> page{};
    while (::write(ends[1], page.data(), page.size()) > 0) {
    }
    ::fcntl(ends[1], F_SETFL, 0);
    ::dup2(ends[1], STDERR_FILENO);
}

RedisServer::Listens listens(Fault fault) {
    // Unix sockets know no network that could be silenced.
    return fault == Fault::nodes_silent ? RedisServer::Listens::loopback : RedisServer::Listens::unix_socket;
}

void wait_stopped(pid_t child) {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child), &info, WSTOPPED | WNOWAIT);
}

void wait_ended(pid_t child) {
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
}

} // namespace

Scene::Scene(const Draw& draw)
    : draw_{draw}, servers_{draw.nodes, listens(draw.fault)},
      run_{words(), {.in_child = draw.command == "full-pipe" ? fill_stderr : std::function<void()>{}}} {
    const auto beats = [&](const char* who) { return last_beat(who) > BootTime{}; };
    const bool all_beat = eventually([&] {
        return beats("child") && (draw.command != "fork" || beats("grandchild")) &&
               (draw.command != "daemon" || beats("daemon"));
    });
    if (!all_beat) throw std::runtime_error{"the command does not start"};
    // It may not have its name yet.
    if (!eventually([&] { return guard() > 0; })) throw std::runtime_error{"there is no guard"};
    // Behind it come orphans of the command.
    const std::vector<pid_t> children = children_of_run();
    command_ = *std::ranges::find_if(children, [guard = guard()](pid_t child) { return child != guard; });
    // The first node may answer after the quorum.
    if (!eventually([&] { return (record_ = servers_[0].text({"GET", key})) != "(nil)"; }))
        throw std::runtime_error{"a node does not hold the lock"};
}

std::vector<std::string> Scene::words() const {
    std::vector<std::string> words{"--ttl", fmt::format("{}ms", draw_.ttl.count()), "--grace",
                                   fmt::format("{}ms", draw_.grace.count())};
    if (draw_.command == "full-pipe") words.emplace_back("--verbose");
    words.insert(words.end(), {"x", "--", HOLDFAST_PROBE, dir_.path()});
    if (draw_.command != "plain") words.insert(words.end(), {"stubborn", draw_.command});
    return run_on(servers_.uris(), words);
}

Process Scene::rival() const {
    return Process{
        run_on(servers_.uris(), {"--ttl", "5s", "--wait", "20s", "x", "--", HOLDFAST_PROBE, dir_.path(), "once"})};
}

BootTime Scene::last_beat(const std::string& who) const {
    const std::string bytes = dir_.read(who);
    int64_t ns = 0;
    if (bytes.size() == sizeof ns) std::memcpy(&ns, bytes.data(), sizeof ns);
    return BootTime{nanoseconds{ns}};
}

BootTime Scene::last_beat() const { return std::max(last_beat("child"), last_beat("grandchild")); }

bool Scene::beats_on(const std::string& who) const {
    const BootTime before = last_beat(who);
    return eventually([&] { return last_beat(who) > before; }, seconds{2});
}

BootTime Scene::forgotten_at() {
    std::vector<BootTime> ends;
    for (size_t i = 0; i < servers_.size(); ++i) {
        const BootTime asked = BootClock::now();
        // Servers count in whole milliseconds.
        ends.push_back(asked + milliseconds{servers_[i].command({"PTTL", key}).integer - 1});
    }
    std::ranges::sort(ends, std::greater{});
    return ends[ends.size() / 2];
}

size_t Scene::holding() {
    size_t count = 0;
    for (size_t i = 0; i < servers_.size(); ++i)
        if (i != left_out_ && servers_[i].text({"GET", key}) == record_) ++count;
    return count;
}

std::vector<pid_t> Scene::children_of_run() const {
    std::istringstream text{text_of(fmt::format("/proc/{0}/task/{0}/children", run_.pid()))};
    return {std::istream_iterator<pid_t>{text}, {}};
}

pid_t Scene::guard() const {
    for (const pid_t child : children_of_run())
        if (text_of(fmt::format("/proc/{}/comm", child)) == "holdfast-guard\n") return child;
    return 0;
}

bool Scene::group_alive() const { return members(command_, {}) > 0; }

std::string Scene::group_text() const {
    std::array<pid_t, 8> pids{};
    const size_t count = members(command_, pids);
    std::string text;
    for (const pid_t pid : std::span{pids}.first(std::min(count, pids.size())))
        text += text_of(fmt::format("/proc/{}/stat", pid)).substr(0, 60) + " ";
    return text;
}

bool Scene::group_gone() const {
    while (::waitpid(-command_, nullptr, WNOHANG) > 0) {
    }
    return ::kill(-command_, 0) != 0 && errno == ESRCH;
}

void Scene::end_command() const {
    dir_.write("end", "");
    // holdfast passes it on, to a command that has stopped itself.
    run_.signal(SIGCONT);
}

namespace {

void each(RedisServers& servers, const std::function<void(RedisServer&)>& act) {
    for (size_t i = 0; i < servers.size(); ++i) act(servers[i]);
}

void overwrite(RedisServer& server) { server.command({"SET", key, "somebody else", "PX", "3000"}); }

void restart(RedisServer& server) {
    server.kill();
    server.start();
}

void fail_one(Scene& scene) {
    const size_t which = scene.draw().detail % scene.servers().size();
    scene.leave_out(which);
    RedisServer& server = scene.servers()[which];
    switch (scene.draw().detail / 3 % 5) {
    case 0: return server.pause();
    case 1: return server.kill();
    case 2: return restart(server);
    case 3: return overwrite(server);
    default: server.command({"FLUSHALL"});
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

} // namespace

BootTime inject(Scene& scene) {
    RedisServers& servers = scene.servers();
    Process& run = scene.run();
    switch (scene.draw().fault) {
    case Fault::supervisor_killed: run.signal(SIGKILL); break;
    case Fault::supervisor_stopped:
        run.signal(SIGSTOP);
        wait_stopped(run.pid());
        break;
    case Fault::guard_killed: ::kill(scene.guard(), SIGKILL); break;
    case Fault::both_killed: kill_both(scene); break;
    case Fault::nodes_hang: each(servers, [](RedisServer& server) { server.pause(); }); break;
    case Fault::nodes_hang_briefly:
        each(servers, [](RedisServer& server) { server.pause(); });
        std::this_thread::sleep_for(scene.draw().ttl / 4);
        each(servers, [](RedisServer& server) { server.resume(); });
        break;
    case Fault::nodes_silent: silence_network(); break;
    case Fault::nodes_restarted: {
        each(servers, [](RedisServer& server) { server.kill(); });
        const BootTime dead = BootClock::now();
        each(servers, [](RedisServer& server) { server.start(); });
        return dead;
    }
    case Fault::flushall: each(servers, [](RedisServer& server) { server.command({"FLUSHALL"}); }); break;
    case Fault::key_deleted: each(servers, [](RedisServer& server) { server.command({"DEL", key}); }); break;
    case Fault::key_overwritten: each(servers, overwrite); break;
    case Fault::connections_closed:
        each(servers, [](RedisServer& server) { server.command({"CLIENT", "KILL", "SKIPME", "yes"}); });
        break;
    case Fault::minority_fails: fail_one(scene); break;
    }
    if (scene.draw().fault == Fault::supervisor_killed || scene.draw().fault == Fault::both_killed)
        wait_ended(run.pid());
    return BootClock::now();
}

void heal(Scene& scene) {
    switch (scene.draw().fault) {
    case Fault::supervisor_stopped: return scene.run().signal(SIGCONT);
    case Fault::nodes_hang: return each(scene.servers(), [](RedisServer& server) { server.resume(); });
    case Fault::nodes_silent: return heal_network();
    default: return;
    }
}

} // namespace holdfast::test
