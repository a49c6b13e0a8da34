// The dice of a history: the same seed throws the same, on every machine.
#pragma once

#include "base/clock.hpp"

#include <cstdint>

namespace holdfast::sim {

class Rng {
  public:
    explicit Rng(uint64_t seed) : state_{seed * 0x9E3779B97F4A7C15U + 0x6A09E667F3BCC909U} {}

    /// splitmix64
    uint64_t next() {
        uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31);
    }
    /// In [0, 1).
    double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    bool chance(double probability) { return unit() < probability; }
    /// Any of the `count` numbers from 0.
    size_t below(size_t count) { return static_cast<size_t>(unit() * static_cast<double>(count)); }
    double between(double low, double high) { return low + (high - low) * unit(); }
    nanoseconds between(nanoseconds low, nanoseconds high) {
        return nanoseconds{static_cast<nanoseconds::rep>(
            between(static_cast<double>(low.count()), static_cast<double>(high.count())))};
    }

  private:
    uint64_t state_;
};

} // namespace holdfast::sim
