#include "process/group.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <memory>
#include <string>

namespace holdfast {
namespace {

/// State and process group of /proc/PID/stat; the name between them may hold anything, so look behind its ')'.
bool lives_in(const char* pid, pid_t group) {
    const std::string path = std::string{"/proc/"} + pid + "/stat";
    const std::unique_ptr<FILE, int (*)(FILE*)> file{std::fopen(path.c_str(), "re"), &std::fclose};
    if (!file) return false;
    std::string text(1024, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    const size_t name_end = text.rfind(')');
    if (name_end == std::string::npos) return false;
    char state = 0;
    pid_t process_group = 0;
    // NOLINTNEXTLINE(cert-err34-c): the kernel wrote it
    if (std::sscanf(text.c_str() + name_end + 1, " %c %*d %d", &state, &process_group) != 2) return false;
    return process_group == group && state != 'Z' && state != 'X';
}

} // namespace

std::vector<pid_t> members(pid_t group) {
    std::vector<pid_t> found;
    const std::unique_ptr<DIR, int (*)(DIR*)> proc{::opendir("/proc"), &::closedir};
    if (!proc) return found;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the DIR is ours alone
    while (const dirent* entry = ::readdir(proc.get())) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
        if (lives_in(entry->d_name, group))
            found.push_back(static_cast<pid_t>(std::strtol(entry->d_name, nullptr, 10)));
    }
    return found;
}

bool any_alive(pid_t group) {
    if (::kill(-group, 0) != 0 && errno == ESRCH) return false;
    return !members(group).empty();
}

} // namespace holdfast
