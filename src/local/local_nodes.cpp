#include "local/local_nodes.hpp"

#include "base/error.hpp"
#include "base/fd.hpp"
#include "redis/greeting.hpp"
#include "redis/node_set.hpp"

#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <thread>

namespace holdfast {
namespace {

constexpr seconds time_to_start{10};
constexpr seconds time_to_stop{10};
constexpr milliseconds pause_between_tries{2};

Failure unusable(const std::string& sentence) { return {ExitStatus::configuration, sentence}; }

/// Makes the folder if it is missing. Throws Failure if another user owns it or may use it, because then another user
/// could have put files into it.
void make_private_folder(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        throw unusable(
            fmt::format("cannot make {}: {}; choose another place with --local-dir", path, errno_text(errno)));
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) throw system_failure(path);
    if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid() || (info.st_mode & 077) != 0)
        throw unusable(
            fmt::format("{} is not a folder of ours alone (owner uid {}, mode {:04o}, wanted uid {}, mode 0700); "
                        "remove it or choose another place with --local-dir",
                        path, info.st_uid, info.st_mode & 07777, ::geteuid()));
}

/// A connection to the server at that socket; an empty Fd if no server listens there.
Fd connection_to(const std::string& socket_path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
    Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd) throw system_failure("cannot make a socket");
    // EAGAIN means a full queue of connections, so there is a server, too.
    const bool found =
        ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
    return found ? std::move(fd) : Fd{};
}

bool accepts_connections(const std::string& socket_path) { return bool{connection_to(socket_path)}; }

/// Opens a connection that lasts as long as this process, so that `holdfast local stop` leaves the server running from
/// now on, not only from our first request on. False if no server listens there.
bool keep_in_use(const std::string& socket_path) {
    static std::vector<Fd> connections;
    connections.push_back(connection_to(socket_path));
    return bool{connections.back()};
}

/// Executes the server in this forked process, which ends with 127 if there is none in PATH. The server outlives
/// holdfast, so it keeps no descriptor, signal mask or umask of holdfast.
[[noreturn]] void become_server(const std::string& folder, const std::string& socket_path) {
    const Fd null{::open("/dev/null", O_RDWR)};
    for (const int standard : {0, 1, 2}) ::dup2(null.get(), standard);
    close_from(3);
    sigset_t none;
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    ::umask(077); // NOLINT(concurrency-mt-unsafe): this process has one thread
    int error = ENOENT;
    for (const char* program : {"redis-server", "valkey-server"}) {
        ::execlp(program, program, "--port", "0", "--unixsocket", socket_path.c_str(), "--unixsocketperm", "700",
                 "--dir", folder.c_str(), "--logfile", (folder + "/log").c_str(), "--appendonly", "yes", "--save", "",
                 "--daemonize", "yes", static_cast<char*>(nullptr));
        error = errno;
        if (error != ENOENT) break;
    }
    ::_exit(error == ENOENT ? 127 : 126);
}

void start_server(const std::string& folder, const std::string& socket_path) {
    make_private_folder(folder);
    // If SIGCHLD is ignored, a process does not learn how its child ended.
    struct sigaction found {};
    struct sigaction fallback {};
    fallback.sa_handler = SIG_DFL;
    ::sigaction(SIGCHLD, &fallback, &found);
    const pid_t pid = ::fork();
    if (pid < 0) throw system_failure("cannot start a process for a local node");
    if (pid == 0) become_server(folder, socket_path);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    ::sigaction(SIGCHLD, &found, nullptr);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        throw unusable("a local node needs redis-server or valkey-server, and neither is in PATH; install one of them");
    if (status != 0) throw unusable(fmt::format("the server of a local node does not start; see {}/log", folder));
}

/// A connection to the server at that socket.
NodeSet connected_to(const std::string& socket_path) {
    Node node;
    node.socket_path = socket_path;
    NodeSet server{{node}, milliseconds{1000}};
    server.resolve();
    return server;
}

/// The server's answer to one command; nil if it does not answer within a second.
Reply answer(NodeSet& server, std::initializer_list<std::string_view> words) {
    const Answers answers = server.ask_all(Request{words}, {});
    return answers[0]->replies ? answers[0]->replies->front() : Reply{};
}

void wait_until_ready(const std::string& folder, const std::string& socket_path) {
    NodeSet server = connected_to(socket_path);
    const BootTime give_up = BootClock::now() + time_to_start;
    while (BootClock::now() < give_up) {
        // A server answers with an error while it reads its append-only file.
        if (answer(server, {"PING"}).type == Reply::Type::text) return;
        std::this_thread::sleep_for(pause_between_tries);
    }
    throw unusable(fmt::format("the server of a local node does not answer; see {}/log", folder));
}

/// Waits for the folder's file lock, which keeps other processes from starting or stopping servers there until the
/// returned Fd is closed.
Fd lock_starts(const std::string& folder) {
    Fd lock{::open((folder + "/start.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (!lock || ::flock(lock.get(), LOCK_EX) != 0) throw system_failure(folder + "/start.lock");
    return lock;
}

/// Stops the server at the socket. Returns why the server runs on; empty if it has stopped.
std::string stop_server(const std::string& folder, const std::string& socket_path) {
    NodeSet server = connected_to(socket_path);
    const Reply settings = answer(server, {"CONFIG", "GET", "dir"});
    if (settings.type == Reply::Type::nil) return fmt::format("it does not answer; see {}/log", folder);
    if (settings.field("dir") != std::filesystem::weakly_canonical(folder).string())
        return fmt::format("it is no server of holdfast, which would work in {}", folder);
    // One of the connected clients is this process itself. A lock that `holdfast acquire` took has no connection; it
    // stays in the server's append-only file when the server stops.
    const std::string info = answer(server, {"INFO", "clients"}).text;
    if (const auto clients = info_number(info, "connected_clients").value_or(0); clients != 1)
        return "other programs use it; try again when they have ended";
    answer(server, {"SHUTDOWN"});
    for (const BootTime give_up = BootClock::now() + time_to_stop; accepts_connections(socket_path);) {
        if (BootClock::now() > give_up) return fmt::format("it does not end; see {}/log", folder);
        std::this_thread::sleep_for(pause_between_tries);
    }
    return "";
}

} // namespace

std::vector<LocalServer> stop_local_nodes(const std::string& folder) {
    std::vector<LocalServer> servers;
    if (!std::filesystem::exists(folder)) return servers;
    make_private_folder(folder);
    const Fd lock = lock_starts(folder);
    for (const auto& entry : std::filesystem::directory_iterator{folder})
        if (const std::string path = entry.path(); path.ends_with(".sock") && accepts_connections(path))
            servers.push_back({path, ""});
    std::ranges::sort(servers, {}, &LocalServer::socket);
    for (auto& [socket, runs_on] : servers) runs_on = stop_server(socket.substr(0, socket.rfind('.')), socket);
    return servers;
}

std::vector<std::string> local_nodes(const std::string& folder, int count) {
    constexpr size_t longest = sizeof(sockaddr_un::sun_path) - sizeof "/1of1.sock";
    if (folder.size() > longest)
        throw unusable(
            fmt::format("--local-dir {} is too long for sockets in it; it has at most {} bytes", folder, longest));
    make_private_folder(folder);
    std::vector<std::string> sockets;
    for (int i = 1; i <= count; ++i) sockets.push_back(fmt::format("{}/{}of{}.sock", folder, i, count));
    Fd lock;
    for (int i = 0; i < count; ++i) {
        const std::string& socket_path = sockets[static_cast<size_t>(i)];
        if (keep_in_use(socket_path)) continue;
        if (!lock) lock = lock_starts(folder);
        const std::string server_folder = fmt::format("{}/{}of{}", folder, i + 1, count);
        if (!accepts_connections(socket_path)) start_server(server_folder, socket_path);
        wait_until_ready(server_folder, socket_path);
        keep_in_use(socket_path);
    }
    return sockets;
}

} // namespace holdfast
