// The replies that a transaction ends with, in the form in which a script would have answered; and how to read scores.
#pragma once

#include "redis/reply.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast {

inline Reply text(std::string_view value) { return {Reply::Type::text, std::string{value}, 0, {}}; }
inline Reply integer(int64_t value) { return {Reply::Type::integer, {}, value, {}}; }
inline Reply list(std::vector<Reply> items) { return {Reply::Type::list, {}, 0, std::move(items)}; }
inline Reply verdict(std::string_view name) { return list({text(name)}); }

/// Visits each member and its score: RESP3 sends pairs, RESP2 one flat list.
template <typename Visit>
void for_each_score(const Reply& reply, Visit visit) {
    for (size_t i = 0; i < reply.items.size(); ++i) {
        const Reply& item = reply.items[i];
        if (item.items.size() == 2) visit(item.items[0].text, item.items[1].number());
        else if (i + 1 < reply.items.size()) visit(item.text, reply.items[++i].number());
    }
}

} // namespace holdfast
