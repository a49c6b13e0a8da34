#include "base/shared.hpp"

#include <sys/ipc.h>
#include <sys/shm.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <unistd.h>

namespace holdfast {
namespace {

constexpr unsigned mode = 0644;

/// Whether shmat(2) has given this in place of memory.
bool is_refusal(const void* memory) { return reinterpret_cast<intptr_t>(memory) == -1; }

/// The highest index that a segment in use has, 0 if none is; negative if the kernel has no System V memory.
int highest_index(shminfo& limits) { return ::shmctl(0, IPC_INFO, reinterpret_cast<shmid_ds*>(&limits)); }

/// Calls `visit` with what the kernel says of each visible memory that a process of ours or root's has made, and with
/// the segment's number. What another user's process has made is not for us to believe.
template <typename Visit>
void each_visible(Visit visit) {
    shminfo limits{};
    const int highest = highest_index(limits);
    for (int index = 0; index <= highest; ++index) {
        shmid_ds about{};
        const int segment = ::shmctl(index, SHM_STAT, &about);
        const ipc_perm& permissions = about.shm_perm;
        const bool ours = segment >= 0 && about.shm_segsz == visible_size && permissions.__key == IPC_PRIVATE &&
                          (permissions.mode & 0777U) == mode;
        if (ours && (permissions.cuid == 0 || permissions.cuid == ::geteuid())) visit(about, segment);
    }
}

/// Whether the maker was killed before the segment could end by itself. A maker of another PID namespace, which is 0
/// here, may live.
bool is_abandoned(const shmid_ds& about) {
    return about.shm_nattch == 0 && about.shm_cpid > 0 && ::kill(about.shm_cpid, 0) != 0 && errno == ESRCH;
}

} // namespace

void* make_visible_memory() {
    shminfo limits{};
    const int highest = highest_index(limits);
    if (highest < 0 || static_cast<unsigned long>(highest) + 1 >= limits.shmmni / 8) return nullptr;
    const int segment = ::shmget(IPC_PRIVATE, visible_size, mode);
    if (segment < 0) return nullptr;
    void* memory = ::shmat(segment, nullptr, 0);
    // From now on the segment goes with the last process that has it.
    ::shmctl(segment, IPC_RMID, nullptr);
    return is_refusal(memory) ? nullptr : memory;
}

std::vector<pid_t> makers_of_visible_memory() {
    std::vector<pid_t> makers;
    each_visible([&](const shmid_ds& about, int segment) {
        if (is_abandoned(about)) ::shmctl(segment, IPC_RMID, nullptr);
        else if (about.shm_cpid > 0) makers.push_back(about.shm_cpid);
    });
    return makers;
}

std::vector<const void*> find_visible_memory(pid_t maker) {
    std::vector<const void*> found;
    each_visible([&](const shmid_ds& about, int segment) {
        if (about.shm_cpid != maker) return;
        const void* memory = ::shmat(segment, nullptr, SHM_RDONLY);
        if (!is_refusal(memory)) found.push_back(memory);
    });
    return found;
}

} // namespace holdfast
