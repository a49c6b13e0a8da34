// FIPS 180-4. The static program has no library for it.
#include "base/sha1.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <endian.h>

namespace holdfast {
namespace {

constexpr size_t block_bytes = 64;
using State = std::array<uint32_t, 5>;

using Words = std::array<uint32_t, 80>;

Words words_of(std::string_view block) {
    Words words{};
    std::memcpy(words.data(), block.data(), block_bytes);
    for (size_t i = 0; i < 16; ++i) words[i] = be32toh(words[i]);
    for (size_t i = 16; i < words.size(); ++i)
        words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    return words;
}

/// Twenty rounds of SHA-1, which share a function of three words and a constant.
template <typename Function>
void rounds(State& state, const uint32_t* words, uint32_t constant, Function function) {
    auto [a, b, c, d, e] = state;
    for (size_t i = 0; i < 20; ++i) {
        const uint32_t next = std::rotl(a, 5) + function(b, c, d) + e + words[i] + constant;
        e = d;
        d = c;
        c = std::rotl(b, 30);
        b = a;
        a = next;
    }
    state = {a, b, c, d, e};
}

void add_block(State& state, std::string_view block) {
    const auto choice = [](uint32_t b, uint32_t c, uint32_t d) { return d ^ (b & (c ^ d)); };
    const auto parity = [](uint32_t b, uint32_t c, uint32_t d) { return b ^ c ^ d; };
    const auto majority = [](uint32_t b, uint32_t c, uint32_t d) { return (b & c) | (d & (b | c)); };
    const Words words = words_of(block);
    State next = state;
    rounds(next, &words[0], 0x5a827999, choice);
    rounds(next, &words[20], 0x6ed9eba1, parity);
    rounds(next, &words[40], 0x8f1bbcdc, majority);
    rounds(next, &words[60], 0xca62c1d6, parity);
    for (size_t i = 0; i < state.size(); ++i) state[i] += next[i];
}

/// The last block or two: the bytes behind the last whole block, a one bit, zeros, and the length of the text in bits.
std::string last_blocks(std::string_view text) {
    std::string end{text.substr(text.size() - text.size() % block_bytes)};
    end += '\x80';
    while (end.size() % block_bytes != block_bytes - 8) end += '\0';
    for (int shift = 56; shift >= 0; shift -= 8) end += static_cast<char>(uint64_t{text.size()} * 8 >> shift & 0xff);
    return end;
}

} // namespace

std::string sha1(std::string_view text) {
    State state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    const std::string end = last_blocks(text);
    for (; text.size() >= block_bytes; text.remove_prefix(block_bytes)) add_block(state, text.substr(0, block_bytes));
    for (std::string_view rest = end; !rest.empty(); rest.remove_prefix(block_bytes))
        add_block(state, rest.substr(0, block_bytes));
    std::string digest;
    for (const uint32_t word : state) digest += fmt::format("{:08x}", word);
    return digest;
}

} // namespace holdfast
