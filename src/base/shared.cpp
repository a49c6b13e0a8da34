#include "base/shared.hpp"

#include <sys/ipc.h>
#include <sys/shm.h>

#include <unistd.h>

namespace holdfast {
namespace {

void* const refused = reinterpret_cast<void*>(-1); ///< by shmat(2)

/// The highest index that a segment in use has, 0 if none is; negative if the kernel has no System V memory.
int highest_index(shminfo& limits) { return ::shmctl(0, IPC_INFO, reinterpret_cast<shmid_ds*>(&limits)); }

/// Calls `visit` with the segments of that size that a process of ours or root's has made, and with that process. What
/// another user's process has made is not for us to believe.
template <typename Visit>
void each_visible(size_t size, Visit visit) {
    shminfo limits{};
    const int highest = highest_index(limits);
    for (int index = 0; index <= highest; ++index) {
        shmid_ds about{};
        const int segment = ::shmctl(index, SHM_STAT, &about);
        const uid_t user = about.shm_perm.cuid;
        if (segment >= 0 && about.shm_segsz == size && (user == 0 || user == ::geteuid()))
            visit(segment, about.shm_cpid);
    }
}

} // namespace

void* make_visible_memory(size_t size) {
    shminfo limits{};
    const int highest = highest_index(limits);
    if (highest < 0 || static_cast<unsigned long>(highest) + 1 >= limits.shmmni / 2) return nullptr;
    const int segment = ::shmget(IPC_PRIVATE, size, 0644);
    if (segment < 0) return nullptr;
    void* memory = ::shmat(segment, nullptr, 0);
    // From now on it goes with the last process that has it.
    ::shmctl(segment, IPC_RMID, nullptr);
    return memory == refused ? nullptr : memory;
}

std::vector<pid_t> makers_of_visible_memory(size_t size) {
    std::vector<pid_t> makers;
    each_visible(size, [&](int, pid_t maker) { makers.push_back(maker); });
    return makers;
}

const void* find_visible_memory(pid_t maker, size_t size) {
    const void* found = nullptr;
    each_visible(size, [&](int segment, pid_t of) {
        const void* memory = of == maker && found == nullptr ? ::shmat(segment, nullptr, SHM_RDONLY) : refused;
        if (memory != refused) found = memory;
    });
    return found;
}

} // namespace holdfast
