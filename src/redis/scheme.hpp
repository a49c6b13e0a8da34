// The kinds of URIs that have hosts.
#pragma once

#include "redis/node.hpp"

#include <cstdint>
#include <string_view>

namespace holdfast {

struct Scheme {
    std::string_view text;
    Node::Locator locator;
    bool tls;
    uint16_t port;             ///< the port if none is given
    std::string_view with_tls; ///< the same kind with TLS; empty: this one has it
};

inline constexpr Scheme schemes[]{
    {"redis://", Node::Locator::address, false, 6379, "rediss://"},
    {"rediss://", Node::Locator::address, true, 6379, ""},
    {"sentinel://", Node::Locator::sentinel, false, 26379, "sentinels://"},
    {"sentinels://", Node::Locator::sentinel, true, 26379, ""},
    {"cluster://", Node::Locator::cluster, false, 6379, "clusters://"},
    {"clusters://", Node::Locator::cluster, true, 6379, ""},
};

} // namespace holdfast
