// One value in memory that this process shares with all processes that it forks afterwards, and, if the memory has a
// name, with those that can see the name among this process's descriptors: of a holdfast, which is not dumpable
// (src/main.cpp), only a process with CAP_SYS_PTRACE, such as root's, can.
#pragma once

#include "base/error.hpp"
#include "base/fd.hpp"

#include <sys/mman.h>
#include <sys/types.h>

#include <new>

namespace holdfast {

/// A memfd of that name and size, close-on-exec, which cannot be made smaller; empty if the kernel refuses.
Fd make_named_memory(const char* name, size_t size);

/// What that process made with make_named_memory(), for reading; empty if it made nothing of that name and size, or we
/// may not see its descriptors.
Fd find_named_memory(pid_t process, const char* name, size_t size);

/// T may have no members but lock-free atomics: with a mutex, a process that is killed or stopped while it holds the
/// mutex would block the others.
template <typename T>
class Shared {
  public:
    /// If the kernel refuses to name the memory, it has no name. Throws Failure.
    explicit Shared(const char* name = nullptr) {
        if (name != nullptr) named_ = make_named_memory(name, sizeof(T));
        void* memory = map(named_.get());
        if (memory == MAP_FAILED) memory = map(-1);
        if (memory == MAP_FAILED) throw system_failure("cannot share memory");
        value_ = new (memory) T{};
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { ::munmap(value_, sizeof(T)); }

    T& operator*() const { return *value_; }
    T* operator->() const { return value_; }

  private:
    static void* map(int file) {
        const int flags = file < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
        return ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, flags, file, 0);
    }

    Fd named_;
    T* value_;
};

} // namespace holdfast
