// One value in memory that this process shares with all processes that it forks afterwards; with others, if it is to be
// seen.
#pragma once

#include "base/error.hpp"

#include <sys/mman.h>
#include <sys/types.h>

#include <new>
#include <vector>

namespace holdfast {

/// The size of all visible memory. No other program is known to make segments of it, so with its mode, and that it has
/// no key, it tells which are ours.
constexpr size_t visible_size = 3931;

/// A System V segment, which every user may read, and which ends with the last process that has it, however that
/// process ends. munmap() lets go of it. Null if the kernel refuses, or if an eighth of the segments that it allows may
/// be in use: the others are for programs that cannot do without, and each run looks at all, which takes 0.6 us each.
/// If this process is killed in the instant of making, the segment stays until a process of the same user calls
/// makers_of_visible_memory().
void* make_visible_memory();

/// The processes of ours or root's that have made visible memory which a process still has; a later process may have
/// their number. Empty if we are in another IPC or PID namespace than they are. Removes what a killed process of ours
/// has left.
std::vector<pid_t> makers_of_visible_memory();

/// All that processes of that number, ours or root's, have made, for reading. munmap() lets go of each.
std::vector<const void*> find_visible_memory(pid_t maker);

/// T may have no members but lock-free atomics: with a mutex, a process that is killed or stopped while it holds the
/// mutex would block the others.
template <typename T>
class Shared {
  public:
    enum class For { forked, all_to_see };

    /// If there is no memory that all can see, it is for the forked processes alone. Throws Failure.
    explicit Shared(For whom = For::forked) {
        static_assert(sizeof(T) <= visible_size);
        void* memory = whom == For::all_to_see ? make_visible_memory() : nullptr;
        if (memory == nullptr)
            memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw system_failure("cannot share memory");
        value_ = new (memory) T{};
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { ::munmap(value_, sizeof(T)); }

    T& operator*() const { return *value_; }
    T* operator->() const { return value_; }

  private:
    T* value_;
};

} // namespace holdfast
