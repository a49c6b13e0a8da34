#include "base/random.hpp"

#include "base/error.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <cerrno>
#include <cstdint>

namespace holdfast {
namespace {

uint64_t random_bits() {
    uint64_t bits = 0;
    // getrandom(2) returns up to 256 bytes whole or not at all.
    while (::getrandom(&bits, sizeof bits, 0) != sizeof bits)
        if (errno != EINTR) throw system_failure("the kernel gives no random numbers");
    return bits;
}

} // namespace

std::string random_id() { return fmt::format("{:016x}{:016x}", random_bits(), random_bits()); }

nanoseconds random_up_to(nanoseconds longest) {
    const double part = static_cast<double>(random_bits() >> 11) * 0x1p-53;
    return nanoseconds{static_cast<nanoseconds::rep>(part * static_cast<double>(longest.count()))};
}

} // namespace holdfast
