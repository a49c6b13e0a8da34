#include "base/shared.hpp"

#include <sys/ipc.h>
#include <sys/shm.h>

#include <unistd.h>

namespace holdfast {
namespace {

/// The highest index that a segment in use has, 0 if none is; negative if the kernel has no System V memory.
int highest_index(shminfo& limits) { return ::shmctl(0, IPC_INFO, reinterpret_cast<shmid_ds*>(&limits)); }

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
    return memory == reinterpret_cast<void*>(-1) ? nullptr : memory;
}

const void* find_visible_memory(pid_t maker, size_t size) {
    shminfo limits{};
    const int highest = highest_index(limits);
    for (int index = 0; index <= highest; ++index) {
        shmid_ds about{};
        const int segment = ::shmctl(index, SHM_STAT, &about);
        const uid_t user = about.shm_perm.cuid;
        if (segment < 0 || about.shm_cpid != maker || about.shm_segsz != size || (user != 0 && user != ::geteuid()))
            continue;
        const void* memory = ::shmat(segment, nullptr, SHM_RDONLY);
        if (memory != reinterpret_cast<void*>(-1)) return memory;
    }
    return nullptr;
}

} // namespace holdfast
