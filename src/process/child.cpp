#include "process/child.hpp"

#include "base/error.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

namespace holdfast {
namespace {

/// Room for this many variables that come with the go.
constexpr size_t most_variables = 32;

std::vector<char*> pointers(const std::vector<std::string>& strings, size_t room) {
    std::vector<char*> out;
    out.reserve(strings.size() + room);
    // exec takes char*, and promises not to write to it.
    for (const std::string& text : strings) out.push_back(const_cast<char*>(text.c_str()));
    return out;
}

/// The message over the pipe; the variables follow it, each with its final zero.
struct Go {
    BootTime not_after;
    size_t bytes;
};

/// For each name, "NAME=" and room for any process id.
std::vector<std::string> with_room_for_a_pid(const std::vector<std::string>& names) {
    std::vector<std::string> out;
    for (const std::string& name : names) out.push_back(name + "=" + std::string(11, '\0'));
    return out;
}

/// Writes our process id after each "NAME=". Runs in the child, which must not allocate.
void put_own_pid(std::vector<std::string>& variables) {
    for (std::string& variable : variables) {
        char* const value = variable.data() + std::strlen(variable.data());
        std::to_chars(value, variable.data() + variable.size(), ::getpid());
    }
}

// All code in the child before exec is async-signal-safe, because another thread may have held any mutex at the fork:
// so memory comes only from the kernel itself.

bool read_all(int fd, void* data, size_t size) {
    auto* at = static_cast<char*>(data);
    while (size > 0) {
        const ssize_t n = ::read(fd, at, size);
        if (n <= 0) return false;
        at += n;
        size -= static_cast<size_t>(n);
    }
    return true;
}

/// Zeroed memory for that many bytes, which is never given back; null if there is none.
char* memory(size_t bytes) {
    void* const found = ::mmap(nullptr, bytes + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return found == MAP_FAILED ? nullptr : static_cast<char*>(found);
}

} // namespace

Child::Child(const Command& command, const Signals& signals, std::span<const int> sockets, bool ends_with_us) {
    Pipe go = make_pipe();
    Pipe outcome = make_pipe();
    // All is prepared before the fork, because each page that is written after the fork is copied.
    std::vector<char*> argv = pointers(command.words, 1);
    argv.push_back(nullptr);
    std::vector<std::string> pids = with_room_for_a_pid(command.naming_its_pid);
    std::vector<char*> environment = pointers(command.environment, 0);
    for (std::string& variable : pids) environment.push_back(variable.data());
    environment.resize(environment.size() + most_variables + 1);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) throw system_failure("cannot start a process for the command");
    if (pid_ == 0) {
        ::setpgid(0, 0);
        // For the case that holdfast and its guard are killed together. The SIGTERM reaches this process alone.
        if (ends_with_us) ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (::getppid() != parent) ::_exit(126);
        go.write.reset();
        for (const int socket : sockets) ::close(socket);
        put_own_pid(pids);
        const std::span variables = std::span{environment}.last(most_variables + 1);
        run(argv.data(), environment.data(), variables, signals, go.read.get(), outcome.write.get());
    }
    // Parent and child both do this, so that the group exists whichever of them runs first (hazard 71).
    ::setpgid(pid_, pid_);
    go_ = std::move(go.write);
    outcome_ = std::move(outcome.read);
}

void Child::run(char* const* argv, char* const* environment, std::span<char*> variables, const Signals& signals, int go,
                int outcome) noexcept {
    Go message{};
    // End of file means that holdfast has decided against the start, or has ended.
    if (!read_all(go, &message, sizeof message)) ::_exit(126);
    char* const text = memory(message.bytes);
    if (text == nullptr || !read_all(go, text, message.bytes)) ::_exit(126);
    size_t count = 0;
    for (size_t at = 0; at < message.bytes && count < most_variables; at += std::strlen(text + at) + 1)
        variables[count++] = text + at;
    int error = ETIME;
    if (BootClock::now() < message.not_after) {
        signals.restore();
        ::execvpe(argv[0], argv, environment);
        error = errno;
    }
    [[maybe_unused]] const auto ignored = ::write(outcome, &error, sizeof error);
    ::_exit(126);
}

Child::~Child() {
    if (pid_ <= 0 || reaped_) return;
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    // A child that waits for its go dies at once, and is reaped here, because an init may not reap it. After the go the
    // command may be impossible to kill, so we do not wait for it.
    ::waitpid(pid_, nullptr, go_ ? 0 : WNOHANG);
}

bool Child::gone() {
    reaped_ = reaped_ || ::waitpid(pid_, nullptr, WNOHANG) == pid_;
    return reaped_;
}

void Child::go(BootTime not_after, const std::vector<std::string>& environment) {
    std::string variables;
    for (const std::string& variable : environment) variables.append(variable.c_str(), variable.size() + 1);
    const Go header{not_after, variables.size()};
    std::string message(sizeof header, '\0');
    std::memcpy(message.data(), &header, sizeof header);
    message += variables;
    // If the child is gone already, outcome_fd() shows that, so a failed write needs no answer here.
    for (std::string_view rest = message; !rest.empty();) {
        const ssize_t n = ::write(go_.get(), rest.data(), rest.size());
        if (n <= 0) break;
        rest.remove_prefix(static_cast<size_t>(n));
    }
    go_.reset();
}

int Child::outcome() {
    int error = 0;
    const ssize_t size = ::read(outcome_.get(), &error, sizeof error);
    outcome_.reset();
    return size == sizeof error ? error : 0;
}

} // namespace holdfast
