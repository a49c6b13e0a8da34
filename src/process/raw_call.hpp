// System calls that, on x86_64 and aarch64, touch nothing but the kernel: no errno, no lock, no state of a library. A
// process that shares its memory with another makes no other calls (process/launch.hpp).
#pragma once

#include <sys/syscall.h>

#include <cerrno>
#include <type_traits>
#include <unistd.h>

namespace holdfast {

#if defined __x86_64__ || defined __aarch64__
constexpr bool raw_calls_keep_errno = true;
#else
constexpr bool raw_calls_keep_errno = false; ///< here the C library makes the calls, and sets errno
#endif

/// Makes the system call. Returns the kernel's answer: 0 or more, or an errno with a minus.
inline long raw_call_of_words(long number, long first, long second, long third, long fourth, long fifth, long sixth) {
#if defined __x86_64__
    register long r10 asm("r10") = fourth;
    register long r8 asm("r8") = fifth;
    register long r9 asm("r9") = sixth;
    long answer = 0;
    asm volatile("syscall"
                 : "=a"(answer)
                 : "0"(number), "D"(first), "S"(second), "d"(third), "r"(r10), "r"(r8), "r"(r9)
                 : "rcx", "r11", "memory");
    return answer;
#elif defined __aarch64__
    register long x8 asm("x8") = number;
    register long x0 asm("x0") = first;
    register long x1 asm("x1") = second;
    register long x2 asm("x2") = third;
    register long x3 asm("x3") = fourth;
    register long x4 asm("x4") = fifth;
    register long x5 asm("x5") = sixth;
    asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
    return x0;
#else
    const long answer = ::syscall(number, first, second, third, fourth, fifth, sixth);
    return answer < 0 ? -errno : answer;
#endif
}

template <typename T>
long as_word(T value) {
    if constexpr (std::is_pointer_v<T>) return reinterpret_cast<long>(value);
    else return static_cast<long>(value);
}

/// Makes a system call; the arguments are numbers and pointers, as the call's manual page has them. Returns 0 or more,
/// or an errno with a minus.
template <typename A = long, typename B = long, typename C = long, typename D = long, typename E = long,
          typename F = long>
long raw_call(long number, A first = 0, B second = 0, C third = 0, D fourth = 0, E fifth = 0, F sixth = 0) {
    return raw_call_of_words(number, as_word(first), as_word(second), as_word(third), as_word(fourth), as_word(fifth),
                             as_word(sixth));
}

} // namespace holdfast
