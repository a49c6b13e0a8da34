#include "support/sentinels.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace holdfast::test {

Sentinels::Sentinels(milliseconds down_after, const std::vector<std::string>& options,
                     const std::vector<std::string>& lines) {
    for (size_t i = 0; i < 3; ++i) {
        std::vector<std::string> all{"--repl-diskless-sync-delay", "0"};
        if (i > 0) all.insert(all.end(), {"--replicaof", "127.0.0.1", fmt::format("{}", servers_[0]->port())});
        all.insert(all.end(), options.begin(), options.end());
        servers_.push_back(std::make_unique<RedisServer>(all, RedisServer::Listens::loopback));
    }
    for (size_t i = 1; i < size(); ++i)
        if (!eventually([&] { return has(servers_[i]->text({"INFO", "replication"}), "master_link_status:up"); }))
            throw std::runtime_error{"a replica does not get in sync"};
    for (size_t i = 0; i < count; ++i) {
        sentinels_.push_back(std::make_unique<Sentinel>());
        start_sentinel(*sentinels_.back(), down_after, lines);
    }
    const auto knows = [&](size_t i, const char* what) {
        return has(ask(i, {"SENTINEL", "MASTER", master_name}), fmt::format("{}\n2\n", what));
    };
    for (size_t i = 0; i < count; ++i)
        if (!eventually([&] { return knows(i, "num-slaves") && knows(i, "num-other-sentinels"); }))
            throw std::runtime_error{"the Sentinels do not get to know each other"};
}

void Sentinels::start_sentinel(Sentinel& sentinel, milliseconds down_after,
                               const std::vector<std::string>& lines) const {
    std::string text = fmt::format("dir {0}\nlogfile {0}/log\nbind 127.0.0.1\nsentinel monitor {1} 127.0.0.1 {2} 2\n"
                                   "sentinel down-after-milliseconds {1} {3}\nsentinel failover-timeout {1} 5000\n",
                                   sentinel.folder.path(), master_name, servers_[0]->port(), down_after.count());
    for (const std::string& line : lines) text += line + "\n";
    // Another process may take the port before the Sentinel does: then it ends, and another port is tried.
    for (int tries = 0;; ++tries) {
        sentinel.port = free_port();
        const std::string file = sentinel.folder.write("sentinel.conf", text + fmt::format("port {}\n", sentinel.port));
        sentinel.process =
            std::make_unique<Process>(std::vector<std::string>{"redis-server", file, "--sentinel"},
                                      ProcessOptions{.in_child = [] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }});
        const auto watches = [&] { return has(sentinel.folder.read("log"), "+monitor master"); };
        if (eventually([&] { return watches() || !sentinel.process->running(); }) && watches()) return;
        if (tries == 5) throw std::runtime_error{"a Sentinel does not start: " + sentinel.folder.read("log")};
    }
}

std::string Sentinels::ask(size_t sentinel, std::vector<std::string> words) const {
    words.insert(words.begin(), {"redis-cli", "-p", fmt::format("{}", port(sentinel))});
    return finish(std::move(words)).out;
}

std::optional<size_t> Sentinels::master(size_t sentinel) const {
    const std::string address = ask(sentinel, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", master_name});
    for (size_t i = 0; i < size(); ++i)
        if (has(address, fmt::format("\n{}\n", servers_[i]->port()))) return i;
    return {};
}

bool Sentinels::agree() const {
    for (size_t i = 0; i < count; ++i)
        if (!has(ask(i, {"SENTINEL", "MASTER", master_name}), "flags\nmaster\n") || master(i) != master(0))
            return false;
    return true;
}

bool Sentinels::lost_time() const {
    return std::ranges::any_of(sentinels_, [](const auto& one) { return has(one->folder.read("log"), "+tilt"); });
}

void Sentinels::cut_off_replicas() {
    for (size_t i = 1; i < size(); ++i) {
        servers_[i]->command({"CONFIG", "SET", "masteruser", "nobody"});
        servers_[i]->command({"CONFIG", "SET", "masterauth", "x"});
    }
    servers_[0]->command({"CLIENT", "KILL", "TYPE", "replica"});
    for (size_t i = 1; i < size(); ++i)
        if (!eventually([&] { return has(servers_[i]->text({"INFO", "replication"}), "master_link_status:down"); }))
            throw std::runtime_error{"a replica follows although it may not"};
}

std::string Sentinels::uri() const {
    std::string seeds;
    for (const auto& sentinel : sentinels_)
        seeds += fmt::format("{}127.0.0.1:{}", seeds.empty() ? "" : "+", sentinel->port);
    return fmt::format("sentinel://{}/{}", seeds, master_name);
}

} // namespace holdfast::test
