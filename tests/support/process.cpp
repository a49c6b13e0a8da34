#include "support/process.hpp"

#include "base/numbered.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace holdfast::test {

bool eventually(const std::function<bool()>& condition, nanoseconds within) {
    const BootTime give_up = BootClock::now() + within;
    while (!condition()) {
        if (BootClock::now() > give_up) return false;
        std::this_thread::sleep_for(milliseconds{2});
    }
    return true;
}

nanoseconds quickest(nanoseconds limit, const std::function<nanoseconds()>& attempt) {
    nanoseconds best = attempt();
    for (int i = 1; i < 10 && best >= limit; ++i) best = std::min(best, attempt());
    return best;
}

int Finished::status() const {
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
int Finished::signal() const { return WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0; }

namespace {

/// Ends with a null pointer; valid as long as the texts.
std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

/// The test's own environment, with those set or removed.
std::vector<std::string> environment_with(const std::map<std::string, std::string>& changes) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry; ++entry) {
        const std::string_view text{*entry};
        if (!changes.contains(std::string{text.substr(0, text.find('='))})) all.emplace_back(text);
    }
    for (const auto& [name, value] : changes)
        if (!value.empty()) all.push_back(name + "=" + value);
    return all;
}

/// For the message of a wait without an end: each thread that has this pipe open, with its state and where in the
/// kernel it waits.
std::string threads_with(const Fd& pipe) {
    namespace fs = std::filesystem;
    std::error_code gone; // of a process that ends meanwhile
    const fs::path same = fs::read_symlink("/proc/self/fd/" + std::to_string(pipe.get()), gone);
    const auto line = [](const fs::path& file) {
        std::string text;
        std::getline(std::ifstream{file}, text);
        return text;
    };
    std::string all;
    const auto look_at = [&](const fs::path& process) {
        const auto has_it = [&](const fs::directory_entry& fd) { return fs::read_symlink(fd, gone) == same; };
        if (std::ranges::none_of(fs::directory_iterator{process / "fd", gone}, has_it)) return;
        for (const auto& thread : fs::directory_iterator{process / "task", gone})
            all += "\n  " + line(thread.path() / "stat").substr(0, 40) + " waits in " + line(thread.path() / "wchan") +
                   ", system call " + line(thread.path() / "syscall");
    };
    for (const auto& entry : fs::directory_iterator{"/proc", gone}) {
        const auto pid = number_in<pid_t>(entry.path().filename().string());
        if (!pid || *pid == ::getpid()) continue;
        try {
            look_at(entry.path());
        } catch (const fs::filesystem_error&) {
            continue; // the process has ended while its files were listed
        }
    }
    return all;
}

} // namespace

Process::Process(std::vector<std::string> words, ProcessOptions options) {
    // All is allocated before the fork: a thread of the test may hold the lock of a sanitizer's allocator then, and
    // the child would wait for that lock for ever.
    const std::vector<char*> argv = pointers(words);
    std::vector<std::string> environment = environment_with(options.environment);
    std::vector<char*> envp = pointers(environment);
    Pipe out = make_pipe();
    Pipe err = make_pipe();
    Pipe in = make_pipe();
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error{"fork failed"};
    if (pid_ == 0) {
        ::setpgid(0, 0);
        ::dup2(in.read.get(), 0);
        ::dup2(out.write.get(), 1);
        ::dup2(err.write.get(), 2);
        environ = envp.data();
        if (options.in_child) options.in_child();
        ::execvp(argv.front(), argv.data());
        ::_exit(125);
    }
    ::setpgid(pid_, pid_);
    out_ = std::move(out.read);
    err_ = std::move(err.read);
    if (!options.input) in_ = std::move(in.write);
    // Inputs of tests are short, so they fit into the pipe.
    else if (::write(in.write.get(), options.input->data(), options.input->size()) < 0)
        throw std::runtime_error{"cannot write the input"};
}

Process::Process(Process&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)},
      wait_status_{other.wait_status_}, in_{std::move(other.in_)}, out_{std::move(other.out_)},
      err_{std::move(other.err_)}, out_text_{std::move(other.out_text_)}, err_text_{std::move(other.err_text_)} {}

Process::~Process() {
    if (pid_ <= 0 || wait_status_) return;
    // First what it started and then itself: holdfast's command is in a group of its own.
    ::kill(pid_, SIGCONT);
    ::kill(pid_, SIGTERM);
    if (!eventually([&] { return !running(); }, seconds{2})) {
        ::kill(-pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

void Process::signal(int number) const { ::kill(pid_, number); }

void Process::say(const std::string& text) const {
    if (::write(in_.get(), text.data(), text.size()) < 0) throw std::runtime_error{"cannot write the input"};
}

bool Process::running() {
    int status = 0;
    if (!wait_status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) wait_status_ = status;
    return !wait_status_;
}

bool Process::pump(BootTime until) {
    std::array<pollfd, 2> fds{{{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}}};
    const auto left = std::chrono::duration_cast<milliseconds>(until - BootClock::now());
    if (left.count() <= 0)
        throw std::runtime_error{"no end in sight; stdout: " + out_text_ + " stderr: " + err_text_ +
                                 " open in:" + threads_with(err_ ? err_ : out_)};
    ::poll(fds.data(), fds.size(), static_cast<int>(left.count()));
    const auto read_some = [](Fd& fd, std::string& text, short revents) {
        if (revents == 0) return;
        std::array<char, 65536> buffer{};
        const ssize_t size = ::read(fd.get(), buffer.data(), buffer.size());
        if (size <= 0) fd.reset();
        else text.append(buffer.data(), static_cast<size_t>(size));
    };
    read_some(out_, out_text_, fds[0].revents);
    read_some(err_, err_text_, fds[1].revents);
    return out_ || err_;
}

Finished Process::wait() {
    const BootTime until = BootClock::now() + patience;
    while (pump(until)) {
    }
    if (!eventually([&] { return !running(); })) throw std::runtime_error{"it closed its output and does not end"};
    return {*wait_status_, out_text_, err_text_};
}

void Process::wait_for(const std::string& text, const std::string& where) {
    const BootTime until = BootClock::now() + patience;
    while (where.find(text) == std::string::npos)
        if (!pump(until) && where.find(text) == std::string::npos)
            throw std::runtime_error{"ended without '" + text + "'; stdout: " + out_text_ + " stderr: " + err_text_};
}

void Process::wait_for_err(const std::string& text) { wait_for(text, err_text_); }
void Process::wait_for_out(const std::string& text) { wait_for(text, out_text_); }

void leave_threads_no_room() {
    // A thread's stack is as large as the limit, for which no address space has room.
    const rlimit limit{rlim_t{1} << 50, RLIM_INFINITY};
    ::setrlimit(RLIMIT_STACK, &limit);
}

bool can_leave_threads_no_room() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return false;
#else
    rlimit limit{};
    return ::getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_max == RLIM_INFINITY;
#endif
}

Finished finish(std::vector<std::string> words, ProcessOptions options) {
    return Process{std::move(words), std::move(options)}.wait();
}

} // namespace holdfast::test
