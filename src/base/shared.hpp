// One value in memory that this process shares with all processes that it forks afterwards.
#pragma once

#include "base/error.hpp"

#include <sys/mman.h>

#include <new>

namespace holdfast {

/// T may have no members but lock-free atomics: with a mutex, a process that is killed or stopped while it holds the
/// mutex would block the others.
template <typename T>
class Shared {
  public:
    /// Throws Failure.
    Shared() {
        void* memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
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
