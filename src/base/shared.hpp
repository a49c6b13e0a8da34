// One value in memory that this process shares with all processes that it forks afterwards; with others, if it is to be
// seen.
#pragma once

#include "base/error.hpp"

#include <sys/mman.h>
#include <sys/types.h>

#include <new>
#include <vector>

namespace holdfast {

/// A System V segment of that size, which every user may read, and which ends with the last process that has it,
/// however that process ends. munmap() lets go of it. Null if the kernel refuses, or if half of the segments that it
/// allows may be in use: the others are for programs that cannot do without.
void* make_visible_memory(size_t size);

/// The processes of ours or root's that have made memory with make_visible_memory(), of that size, which a process
/// still has; a later process may have their number. Empty if we are in another IPC namespace than they are.
std::vector<pid_t> makers_of_visible_memory(size_t size);

/// What one of these processes made, for reading. munmap() lets go of it. Null if it is no such process.
const void* find_visible_memory(pid_t maker, size_t size);

/// T may have no members but lock-free atomics: with a mutex, a process that is killed or stopped while it holds the
/// mutex would block the others.
template <typename T>
class Shared {
  public:
    enum class For { forked, all_to_see };

    /// If there is no memory that all can see, it is for the forked processes alone. Throws Failure.
    explicit Shared(For whom = For::forked) {
        void* memory = whom == For::all_to_see ? make_visible_memory(sizeof(T)) : nullptr;
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
