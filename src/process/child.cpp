#include "process/child.hpp"

#include "base/error.hpp"
#include "process/launch.hpp"
#include "process/program_file.hpp"

#include <sys/mman.h>
#include <sys/wait.h>

#include <cstring>
#include <string_view>
#include <utility>

namespace holdfast {
namespace {

/// How many variables go() can add to the environment.
constexpr size_t most_variables = 32;

/// A stack for the process until its exec, with a page below it that cannot be written to, so that an overflow is a
/// fault.
class Stack {
  public:
    /// Throws Failure.
    Stack() {
        if (memory_ == MAP_FAILED || ::mprotect(memory_, guard, PROT_NONE) != 0)
            throw system_failure("cannot get memory for the command's process");
    }
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;
    ~Stack() { ::munmap(memory_, size); }

    char* end() const { return static_cast<char*>(memory_) + size; }

  private:
    static constexpr size_t guard = 65536; ///< a page, where pages are largest
    static constexpr size_t size = 2 * guard;

    void* memory_ = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
};

/// A list of pointers: `before` nulls, a pointer to each text, and `behind` nulls.
std::vector<char*> pointers(size_t before, std::vector<std::string>& texts, size_t behind) {
    std::vector<char*> out(before);
    out.reserve(before + texts.size() + behind);
    for (std::string& text : texts) out.push_back(text.data());
    out.resize(out.size() + behind);
    return out;
}

/// The command, with a variable for each of naming_its_pid at the end of its environment; the value is zeros, with room
/// for any process id.
Command with_room_for_pids(Command command) {
    for (const std::string& name : command.naming_its_pid)
        command.environment.push_back(name + "=" + std::string(pid_digits, '\0'));
    return command;
}

} // namespace

/// Owns all that the Launch of this process points to.
struct Child::Memory {
    Memory(Command given, std::span<const int> given_sockets)
        : command{with_room_for_pids(std::move(given))}, sockets{given_sockets.begin(), given_sockets.end()} {
        for (std::string& text : std::span{command.environment}.last(command.naming_its_pid.size()))
            pids.push_back(&text[std::strlen(text.c_str())]);
        pids.push_back(nullptr);
    }

    Command command;
    std::vector<std::string> files = program_files(command.words.front());
    std::vector<int> sockets;
    std::vector<char*> pids;
    std::vector<char*> file_pointers = pointers(0, files, 1);
    std::vector<char*> words = pointers(1, command.words, 1);
    std::vector<char*> environment = pointers(0, command.environment, most_variables + 1);
    Stack stack;
    Launch launch{};
};

Child::Child(Command command, const Signals& signals, std::span<const int> sockets, bool ends_with_us)
    : memory_{std::make_unique<Memory>(std::move(command), sockets)} {
    Pipe go = make_pipe();
    Pipe outcome = make_pipe();
    memory_->launch = {.files = memory_->file_pointers.data(),
                       .words = memory_->words.data() + 1,
                       .environment = memory_->environment.data(),
                       .places = &memory_->environment.back() - most_variables,
                       .place_count = most_variables,
                       .pids = memory_->pids.data(),
                       .sockets = memory_->sockets.data(),
                       .socket_count = memory_->sockets.size(),
                       .go_read = go.read.get(),
                       .go_write = go.write.get(),
                       .outcome = outcome.write.get(),
                       .parent = ::getpid(),
                       .ends_with_parent = ends_with_us,
                       .ignores_sigchld = signals.found_sigchld_ignored(),
                       .mask = signals.found_mask()};
    pid_ = launch(memory_->launch, memory_->stack.end());
    if (pid_ < 0) throw system_failure("cannot start a process for the command");
    // Parent and child both do this, so that the group exists whichever of them runs first (hazard 71).
    ::setpgid(pid_, pid_);
    go_ = std::move(go.write);
    outcome_ = std::move(outcome.read);
}

Child::~Child() {
    if (pid_ > 0 && !reaped_) {
        ::kill(-pid_, SIGKILL);
        ::kill(pid_, SIGKILL);
        // A child that waits for its go dies at once. It is reaped here, because after holdfast's end an init might not
        // reap it. After the go the command may be impossible to kill, so it is not waited for.
        ::waitpid(pid_, nullptr, go_ ? 0 : WNOHANG);
    }
    // Between the go, which closes go_, and the outcome, the child may be in its exec, which reads this memory. So the
    // memory is leaked.
    if (!reaped_ && outcome_ && !go_) static_cast<void>(memory_.release());
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
