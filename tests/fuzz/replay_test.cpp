// The fuzzers' targets without a fuzzer: the corpus, and what a few simple mutations make of it.
#include "fuzz/targets.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

using namespace holdfast;

namespace {

std::vector<std::string> corpus(const std::string& target) {
    std::vector<std::string> inputs;
    for (const auto& file : std::filesystem::directory_iterator{HOLDFAST_CORPUS "/" + target}) {
        std::ifstream stream{file.path(), std::ios::binary};
        inputs.emplace_back(std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{});
    }
    return inputs;
}

/// The same in each run: a failure can be looked into.
std::string mutated(std::string input, const std::vector<std::string>& others, std::mt19937& random) {
    const auto below = [&](size_t limit) { return random() % std::max<size_t>(limit, 1); };
    const std::string& other = others[below(others.size())];
    const size_t at = below(input.size() + 1);
    switch (below(4)) {
    case 0: return input.substr(0, at);
    case 1: return input.insert(at, 1, static_cast<char>(random()));
    case 2: return input.substr(0, at) + other.substr(below(other.size()));
    default: return at < input.size() ? input.replace(at, 1, 1, static_cast<char>(random())) : input;
    }
}

void replay(const std::string& target, void (*run)(std::string_view)) {
    const std::vector<std::string> inputs = corpus(target);
    REQUIRE_FALSE(inputs.empty());
    std::mt19937 random{1}; // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in each run
    for (const std::string& input : inputs) {
        run(input);
        std::string next = input;
        for (int i = 0; i < 300; ++i) {
            next = mutated(i % 10 == 0 ? input : next, inputs, random);
            CAPTURE(next);
            run(next);
        }
    }
}

} // namespace

TEST_CASE("fuzz corpus: config") { replay("config", fuzz::config); }
TEST_CASE("fuzz corpus: duration") { replay("duration", fuzz::duration); }
TEST_CASE("fuzz corpus: log") { replay("log", fuzz::log); }
TEST_CASE("fuzz corpus: record") { replay("record", fuzz::record); }
TEST_CASE("fuzz corpus: reply") { replay("reply", fuzz::reply); }
TEST_CASE("fuzz corpus: uri") { replay("uri", fuzz::uri); }
