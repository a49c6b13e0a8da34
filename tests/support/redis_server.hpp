// Real redis-servers on Unix sockets (or a free loopback port), in a folder of the test's own.
#pragma once

#include "redis/node.hpp"
#include "redis/reply.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace holdfast::test {

/// A loopback port that was free a moment ago.
int free_port();

class RedisServer {
  public:
    /// With tls: on a loopback port with TLS, for which `options` name the certificates, and on a Unix socket.
    enum class Listens { unix_socket, loopback, tls };
    /// Started and answering. `options` as on redis-server's command line, `environment` on top of the test's own.
    explicit RedisServer(std::vector<std::string> options = {}, Listens listens = Listens::unix_socket,
                         std::map<std::string, std::string> environment = {});

    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;
    ~RedisServer();

    Node node() const;
    std::string uri() const { return node().display(); }
    /// The way through TLS, by that name for 127.0.0.1.
    Node tls_node(const TlsOptions& options, const std::string& host = "127.0.0.1") const;

    /// SIGSTOP: it hangs, with its connections open. Returns when the kernel has stopped it.
    void pause();
    void resume();
    /// SIGKILL: its connections break, and what it did not write to disk is gone.
    void kill();
    /// After kill(): the same server, with what is on its disk.
    void start();
    pid_t pid() const { return process_->pid(); }
    /// On loopback or with tls.
    int port() const { return port_; }
    /// Its folder, in which it works.
    const TempDir& folder() const { return dir_; }

    /// One command, one answer, over a connection of its own.
    Reply command(std::span<const std::string_view> words) const;
    Reply command(std::initializer_list<std::string_view> words) const {
        return command(std::span{words.begin(), words.size()});
    }
    /// The text of an answer; "(nil)" for nil, and numbers in digits.
    std::string text(std::initializer_list<std::string_view> words) const;

  private:
    TempDir dir_;
    std::vector<std::string> options_;
    Listens listens_;
    std::map<std::string, std::string> environment_;
    int port_ = 0;
    std::unique_ptr<Process> process_;
};

/// N of them, and their URIs as --node takes them.
class RedisServers {
  public:
    explicit RedisServers(size_t count, RedisServer::Listens listens = RedisServer::Listens::unix_socket,
                          const std::vector<std::string>& options = {},
                          const std::map<std::string, std::string>& environment = {});
    RedisServer& operator[](size_t i) { return *servers_[i]; }
    size_t size() const { return servers_.size(); }
    std::string uris() const;
    std::vector<Node> nodes() const;

  private:
    std::vector<std::unique_ptr<RedisServer>> servers_;
};

} // namespace holdfast::test
