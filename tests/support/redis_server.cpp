#include "support/redis_server.hpp"

#include "redis/node_set.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>
#include <stdexcept>

namespace holdfast::test {

int free_port() {
    const Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error{"no free port"};
    return ntohs(address.sin_port);
}

RedisServer::RedisServer(std::vector<std::string> options, Listens listens,
                         std::map<std::string, std::string> environment)
    : options_{std::move(options)}, listens_{listens}, environment_{std::move(environment)} {
    // Another process may take the port before the server does: then it ends, and another port is tried.
    for (int tries = 0;; ++tries) {
        if (listens != Listens::unix_socket) port_ = free_port();
        try {
            start();
            return;
        } catch (const std::exception&) {
            if (listens == Listens::unix_socket || tries == 5) throw;
        }
    }
}

RedisServer::~RedisServer() {
    if (process_) process_->signal(SIGKILL);
}

void RedisServer::start() {
    std::vector<std::string> words{"redis-server", "--save", "", "--dir", dir_.path(), "--bind", "127.0.0.1", "--port"};
    words.push_back(listens_ == Listens::loopback ? fmt::format("{}", port_) : "0");
    if (listens_ == Listens::tls) words.insert(words.end(), {"--tls-port", fmt::format("{}", port_)});
    if (listens_ != Listens::loopback) words.insert(words.end(), {"--unixsocket", dir_.file("sock")});
    words.insert(words.end(), options_.begin(), options_.end());
    process_ = std::make_unique<Process>(
        words, ProcessOptions{.environment = environment_, .in_child = [] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }});
    process_->wait_for_out("eady to accept connections");
}

Node RedisServer::node() const {
    Node node;
    if (listens_ != Listens::loopback) node.socket_path = dir_.file("sock");
    else {
        node.host = "127.0.0.1";
        node.port = static_cast<uint16_t>(port_);
    }
    return node;
}

Node RedisServer::tls_node(const TlsOptions& options, const std::string& host) const {
    Node node;
    node.host = host;
    node.port = static_cast<uint16_t>(port_);
    node.tls = options;
    return node;
}

void RedisServer::pause() {
    process_->signal(SIGSTOP);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(process_->pid()), &info, WSTOPPED);
}

void RedisServer::resume() { process_->signal(SIGCONT); }

void RedisServer::kill() {
    process_->signal(SIGKILL);
    if (!eventually([&] { return !process_->running(); })) throw std::runtime_error{"the server does not end"};
}

Reply RedisServer::command(std::span<const std::string_view> words) const {
    NodeSet one{{node()}, seconds{5}};
    one.resolve();
    Request request;
    request.add(words);
    const Answers answers = one.ask_all(request, {.enough = [](const Answers&) { return false; }});
    // A replica has no vote, but answers.
    if (!answers[0]->in_vain.empty()) return answers[0]->in_vain.front();
    if (!answers[0]->replies) throw std::runtime_error{answers[0]->replies.error().text};
    return answers[0]->replies->front();
}

std::string RedisServer::text(std::initializer_list<std::string_view> words) const {
    const Reply reply = command(words);
    if (reply.type == Reply::Type::nil) return "(nil)";
    return reply.type == Reply::Type::integer ? fmt::format("{}", reply.integer) : reply.text;
}

RedisServers::RedisServers(size_t count, RedisServer::Listens listens, const std::vector<std::string>& options,
                           const std::map<std::string, std::string>& environment) {
    for (size_t i = 0; i < count; ++i) servers_.push_back(std::make_unique<RedisServer>(options, listens, environment));
}

std::string RedisServers::uris() const {
    std::string uris;
    for (const auto& server : servers_) uris += (uris.empty() ? "" : ",") + server->uri();
    return uris;
}

std::vector<Node> RedisServers::nodes() const {
    std::vector<Node> nodes;
    for (const auto& server : servers_) nodes.push_back(server->node());
    return nodes;
}

} // namespace holdfast::test
