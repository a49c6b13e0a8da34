// One target as libFuzzer wants it: TARGET is its name.
#include "fuzz/targets.hpp"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    holdfast::fuzz::TARGET({reinterpret_cast<const char*>(data), size});
    return 0;
}
