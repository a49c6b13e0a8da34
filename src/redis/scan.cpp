#include "redis/scan.hpp"

#include <bit>
#include <utility>

namespace holdfast {

std::vector<std::string> ScanWalk::take(Reply answer) {
    // With two thousand keys a step, no server has so many keys that a walk needs this many steps.
    constexpr size_t most_steps = 1'000'000;
    if (answer.items.size() != 2 || answer.items[0].text == milestone_ || ++steps_ == most_steps) {
        broken_ = true;
        return {};
    }
    cursor_ = std::move(answer.items[0].text);
    complete_ = cursor_ == "0";
    if (std::has_single_bit(steps_)) milestone_ = cursor_;
    std::vector<std::string> keys;
    for (Reply& key : answer.items[1].items) keys.push_back(std::move(key.text));
    return keys;
}

} // namespace holdfast
