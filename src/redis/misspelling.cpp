#include "redis/misspelling.hpp"

#include <algorithm>
#include <cctype>

namespace holdfast {
namespace {

struct Row {
    std::string_view scheme;
    std::string_view right;
};

constexpr Row rows[]{
    {"redis://", "redis://HOST"},
    {"rediss://", "rediss://HOST"},
    {"unix://", "unix:///PATH"},
    {"sentinel://", "sentinel://HOST+HOST/MASTER"},
    {"sentinels://", "sentinels://HOST+HOST/MASTER"},
    {"cluster://", "cluster://HOST+HOST"},
    {"clusters://", "clusters://HOST+HOST"},
    {"redis-sentinel://", "sentinel://HOST+HOST/MASTER"},
    {"redis+sentinel://", "sentinel://HOST+HOST/MASTER"},
    {"rediss+sentinel://", "sentinels://HOST+HOST/MASTER"},
    {"redis-cluster://", "cluster://HOST+HOST"},
    {"redis+cluster://", "cluster://HOST+HOST"},
    {"rediss+cluster://", "clusters://HOST+HOST"},
    {"redis-socket://", "unix:///PATH"},
    {"redis+socket://", "unix:///PATH"},
    {"redis+unix://", "unix:///PATH"},
    {"valkey://", "redis://HOST"},
    {"valkeys://", "rediss://HOST"},
    {"tcp://", "redis://HOST"},
    {"tls://", "rediss://HOST"},
    {"http://", "redis://HOST"},
    {"https://", "rediss://HOST"},
};

bool same_letters(char one, char other) {
    return std::tolower(static_cast<unsigned char>(one)) == std::tolower(static_cast<unsigned char>(other));
}

} // namespace

std::string_view meant_by(std::string_view scheme) {
    const auto* const found = std::ranges::find_if(
        rows, [&](const Row& row) { return std::ranges::equal(row.scheme, scheme, same_letters); });
    return found == std::end(rows) ? "" : found->right;
}

} // namespace holdfast
