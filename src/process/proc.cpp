#include "process/proc.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace holdfast {

Fd open_proc() { return Fd{::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)}; }

// The file has "PID (NAME) STATE PPID PGRP ..."; NAME may have spaces and ')' in it, so the fields are read behind the
// last ')'.
std::optional<ProcStat> read_stat(const Fd& proc, pid_t pid) {
    std::array<char, 32> path{};
    char* const end_of_number = std::to_chars(path.data(), path.data() + path.size(), pid).ptr;
    std::string_view{"/stat"}.copy(end_of_number, 5);
    const Fd file{::openat(proc.get(), path.data(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 512> buffer{};
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    if (size <= 0) return {};
    std::string_view text{buffer.data(), static_cast<size_t>(size)};
    text.remove_prefix(std::min(text.rfind(')') + 2, text.size()));
    ProcStat stat;
    stat.state = text.empty() ? '?' : text.front();
    // Fields by their numbers in proc(5).
    for (int field = 3; !text.empty(); ++field) {
        const size_t end = std::min(text.find(' '), text.size());
        const auto read = [&](auto& target) { std::from_chars(text.data(), text.data() + end, target); };
        if (field == 4) read(stat.parent);
        if (field == 5) read(stat.group);
        if (field == 20) read(stat.threads);
        if (field == 22) read(stat.start);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return stat;
}

bool proc_shows_us() {
    // Another namespace's /proc has another number for us, or none. Process 1 has no parent in either.
    std::array<char, 32> number{};
    const ssize_t size = ::readlink("/proc/self", number.data(), number.size());
    return size > 0 && number_in<pid_t>({number.data(), static_cast<size_t>(size)}) == ::getpid();
}

} // namespace holdfast
