#include "lock/stats.hpp"

#include <algorithm>

namespace holdfast {

std::vector<std::string_view> Stats::request(std::string_view key) {
    std::vector<std::string_view> words{"HMGET", key};
    for (const Field& field : fields) words.push_back(field.name);
    return words;
}

Stats Stats::parse(const Reply& reply) {
    Stats stats;
    for (size_t i = 0; i < std::min(fields.size(), reply.items.size()); ++i)
        stats.*fields[i].value = std::max<int64_t>(reply.items[i].number(), 0);
    return stats;
}

void Stats::merge(const Stats& of_another_node) {
    for (const Field& field : fields) this->*field.value = std::max(this->*field.value, of_another_node.*field.value);
}

} // namespace holdfast
