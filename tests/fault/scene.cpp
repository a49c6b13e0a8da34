#include "fault/scene.hpp"

#include "lock/quorum.hpp"
#include "process/group.hpp"
#include "support/strace.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <ranges>
#include <span>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace holdfast::test {
namespace {

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return text.str();
}

/// Those of its main thread.
std::vector<pid_t> children_of(pid_t process) {
    std::istringstream text{text_of(fmt::format("/proc/{0}/task/{0}/children", process))};
    return {std::istream_iterator<pid_t>{text}, {}};
}

std::string name_of(pid_t process) {
    const std::string line = text_of(fmt::format("/proc/{}/comm", process));
    return line.substr(0, line.find('\n'));
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
    const bool network = fault == Fault::nodes_silent || fault == Fault::packets_lost;
    return network ? RedisServer::Listens::loopback : RedisServer::Listens::unix_socket;
}

std::vector<std::string> server_options(const Draw& draw) {
    if (draw.fault != Fault::restarted_with_log) return {};
    return {"--appendonly", "yes", "--appendfsync", draw.detail % 2 == 0 ? "always" : "everysec"};
}

std::map<std::string, std::string> server_environment(const Draw& draw) {
    if (draw.fault != Fault::clock_jumps) return {};
    return {{"LD_PRELOAD", HOLDFAST_WALL_CLOCK}};
}

} // namespace

Scene::Scene(const Draw& draw)
    : draw_{draw}, servers_{draw.nodes, listens(draw.fault), server_options(draw), server_environment(draw)},
      key_ends_(draw.nodes), chosen_(draw.nodes), left_out_(draw.nodes) {
    for (size_t i = 0; i < servers_.size() && listens(draw.fault) == RedisServer::Listens::unix_socket; ++i)
        monitors_.push_back(std::make_unique<Monitor>(servers_[i], dir_, fmt::format("monitor{}", i)));
    for (size_t i = 0; draw.proxied() && i < servers_.size(); ++i) {
        proxies_.push_back(std::make_unique<Proxy>(servers_[i].node()));
        proxies_.back()->on_seen([this](Proxy::Seen what) { meeting_.pass(what); });
    }
}

void Scene::start() {
    if (draw_.fault == Fault::restarted_in_turn) restart_guard_on();
    if (draw_.fault == Fault::restarted_in_turn || draw_.fault == Fault::quorum_forgets) fail_a_minority();
    ProcessOptions options;
    if (draw_.command == "full-pipe") options.in_child = fill_stderr;
    run_.emplace(words(), options);
}

void Scene::restart_guard_on() {
    // From here on it has a vote who has run for so long; the servers tell in whole seconds.
    ::setenv("HOLDFAST_RESTART_GUARD", fmt::format("{}ms", draw_.ttl.count()).c_str(), 1);
    std::this_thread::sleep_for(draw_.ttl + draw_.ttl / 100 + seconds{3});
}

void Scene::fail_a_minority() {
    for (size_t i = quorum(servers_.size()); i < servers_.size(); ++i) {
        servers_[i].kill();
        leave_out(i);
    }
}

void Scene::wait_for_command() {
    const auto beats = [&](const char* who) { return last_beat(who) > BootTime{}; };
    const bool all_beat = eventually([&] {
        return beats("child") && (draw_.command != "fork" || beats("grandchild")) &&
               (draw_.command != "daemon" || beats("daemon"));
    });
    if (!all_beat) throw std::runtime_error{"the command does not start"};
    // It may not have its name yet.
    if (!eventually([&] { return guard() > 0; })) throw std::runtime_error{"there is no guard"};
    // Behind it come orphans of the command.
    const std::vector<pid_t> children = children_of(run_->pid());
    command_ = *std::ranges::find_if(children, [guard = guard()](pid_t child) { return child != guard; });
    wait_for_record();
}

void Scene::wait_for_record() {
    // The first node may answer after the quorum.
    if (!eventually([&] { return (record_ = servers_[0].text({"GET", locked_key})) != "(nil)"; }))
        throw std::runtime_error{"a node does not hold the lock"};
}

std::vector<std::string> Scene::run_on(const std::string& uris, std::vector<std::string> words) {
    words = test::run_on(uris, std::move(words));
    if (std::getenv("LEFT_OUT_RULE") != nullptr) words.front() = HOLDFAST_CANARY;
    return words;
}

std::string Scene::uris() const {
    if (proxies_.empty()) return servers_.uris();
    std::string uris;
    for (const auto& proxy : proxies_) uris += (uris.empty() ? "" : ",") + proxy->uri();
    return uris;
}

std::vector<std::string> Scene::words() const {
    const auto ms = [](milliseconds duration) { return fmt::format("{}ms", duration.count()); };
    std::vector<std::string> words{"--ttl",         ms(draw_.ttl),    "--grace",
                                   ms(draw_.grace), "--node-timeout", ms(draw_.node_timeout)};
    if (draw_.command == "full-pipe") words.emplace_back("--verbose");
    if (draw_.fault == Fault::frozen_after_win) words.emplace_back("--nonblock");
    words.insert(words.end(), {"x", "--"});
    for (size_t i = 0; i < draw_.inner_runs(); ++i) {
        const std::vector<std::string> inner =
            run_on(servers_.uris(), {"--ttl", "60s", "--grace", "15s", fmt::format("inner{}", i), "--"});
        words.insert(words.end(), inner.begin(), inner.end());
    }
    words.insert(words.end(), {HOLDFAST_PROBE, dir_.path()});
    if (draw_.command != "plain") words.insert(words.end(), {"stubborn", draw_.command});
    words = run_on(uris(), words);
    if (draw_.fault != Fault::robbed_before_go) return words;
    return held_up(seconds{1} + milliseconds{draw_.detail}, words, dir_.file("trace"));
}

void Scene::meddle(const Meddling& meddling) {
    const bool all = std::ranges::none_of(chosen_, std::identity{});
    for (size_t i = 0; i < proxies_.size(); ++i)
        if (all || chosen_[i]) proxies_[i]->meddle(meddling);
}

Process Scene::rival(const std::string& way) const {
    // No longer than restarted nodes have no vote.
    const char* ttl = draw_.fault == Fault::restarted_in_turn ? "1s" : "5s";
    return Process{
        run_on(servers_.uris(), {"--ttl", ttl, "--wait", "20s", "x", "--", HOLDFAST_PROBE, dir_.path(), way})};
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
    for (size_t i = 0; i < servers_.size(); ++i) {
        if (left_out_[i]) continue;
        const BootTime asked = BootClock::now();
        const int64_t ms_left = servers_[i].command({"PTTL", locked_key}).integer;
        // Servers count in whole milliseconds.
        if (servers_[i].text({"GET", locked_key}) == record_) key_ends_[i] = asked + milliseconds{ms_left - 1};
    }
    return *reached_by_quorum(key_ends_, key_ends_.size());
}

size_t Scene::holding() {
    size_t count = 0;
    for (size_t i = 0; i < servers_.size(); ++i)
        if (!left_out_[i] && servers_[i].text({"GET", locked_key}) == record_) ++count;
    return count;
}

std::vector<std::string> Scene::foreign_changes() const {
    std::vector<std::string> all;
    for (const auto& monitor : monitors_)
        std::ranges::move(monitor->foreign_changes(locked_key), std::back_inserter(all));
    return all;
}

pid_t Scene::guard() const {
    const std::vector<pid_t> children = children_of(run_->pid());
    const auto guard = std::ranges::find(children, "holdfast-guard", name_of);
    return guard == children.end() ? 0 : *guard;
}

std::vector<pid_t> Scene::holdfasts_and_guards() const {
    std::vector<pid_t> all{run_->pid()};
    for (size_t i = 0; i < all.size(); ++i)
        std::ranges::copy_if(children_of(all[i]), std::back_inserter(all),
                             [](pid_t child) { return name_of(child).starts_with("holdfast"); });
    return all;
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
    run_->signal(SIGCONT);
}

} // namespace holdfast::test
