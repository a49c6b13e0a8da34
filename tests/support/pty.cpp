#include "support/pty.hpp"

#include "support/process.hpp"

#include <sys/resource.h>
#include <sys/wait.h>

#include <array>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <pty.h>
#include <sstream>
#include <stdexcept>
#include <termios.h>
#include <vector>

namespace holdfast::test {
namespace {

/// The live processes of a session.
std::vector<pid_t> session_members(pid_t session) {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
        std::ostringstream stat;
        stat << std::ifstream{entry.path() / "stat"}.rdbuf();
        // "PID (NAME) STATE PPID PGRP SESSION ..."
        const std::string text = stat.str();
        std::istringstream fields{text.substr(std::min(text.rfind(')') + 1, text.size()))};
        char state = 'Z';
        pid_t parent = 0;
        pid_t group = 0;
        pid_t its_session = 0;
        fields >> state >> parent >> group >> its_session;
        if (its_session == session && state != 'Z') found.push_back(std::stoi(entry.path().filename()));
    }
    return found;
}

} // namespace

Shell::Started Shell::start(const std::map<std::string, std::string>& environment) {
    winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    int terminal = -1;
    const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, &size);
    if (pid < 0) throw std::runtime_error{"forkpty failed"};
    if (pid > 0) return {pid, Fd{terminal}};
    termios modes{};
    ::tcgetattr(0, &modes);
    modes.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(0, TCSANOW, &modes);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    for (const char* name : {"PROMPT_COMMAND", "LESS", "LESSOPEN", "LESSCLOSE", "EXINIT", "VIMINIT"}) ::unsetenv(name);
    ::setenv("TERM", "vt100", 1);
    ::setenv("PS1", "[$?]> ", 1);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    ::execlp("bash", "bash", "--norc", "--noprofile", "--noediting", "-i", nullptr);
    ::_exit(125);
}

Shell::Shell(Started started) : pid_{started.pid}, terminal_{std::move(started.terminal)} {}

Shell::Shell(const std::map<std::string, std::string>& environment) : Shell{start(environment)} { wait_for_prompt(); }

Shell::~Shell() {
    eventually([&] {
        const std::vector<pid_t> members = session_members(pid_);
        for (const pid_t pid : members) ::kill(pid, SIGKILL);
        return members.empty();
    });
    ::waitpid(pid_, nullptr, 0);
}

void Shell::say(const std::string& keys) const {
    if (::write(terminal_.get(), keys.data(), keys.size()) < 0) throw std::runtime_error{"cannot type"};
}

std::string Shell::wait_for(const std::string& text) {
    const BootTime until = BootClock::now() + patience;
    size_t at = 0;
    while ((at = shown_.find(text)) == std::string::npos) {
        const auto left = std::chrono::duration_cast<milliseconds>(until - BootClock::now());
        pollfd readable{terminal_.get(), POLLIN, 0};
        std::array<char, 4096> buffer{};
        ssize_t size = 0;
        if (left.count() > 0 && ::poll(&readable, 1, static_cast<int>(left.count())) == 1)
            size = ::read(terminal_.get(), buffer.data(), buffer.size());
        if (size <= 0) throw std::runtime_error{"the terminal does not show '" + text + "' but: " + shown_};
        shown_.append(buffer.data(), static_cast<size_t>(size));
    }
    std::string before = shown_.substr(0, at);
    shown_.erase(0, at + text.size());
    return before;
}

void Shell::wait_until_alone() const {
    if (!eventually([&] { return session_members(pid_).size() <= 1; }))
        throw std::runtime_error{"something that the shell has started goes on"};
}

int Shell::wait_for_prompt() {
    const std::string before = wait_for("]> ");
    int status = -1;
    std::from_chars(before.data() + before.rfind('[') + 1, before.data() + before.size(), status);
    return status;
}

std::string Shell::run(const std::string& line) {
    say(line + "\r");
    const std::string shown = wait_for("]> ");
    return shown.substr(0, shown.rfind('['));
}

} // namespace holdfast::test
