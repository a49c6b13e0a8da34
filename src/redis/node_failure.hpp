// Why a node has no say: a value, for half of them failing is a normal day.
#pragma once

#include <string>

namespace holdfast {

struct NodeFailure {
    enum class Kind {
        unreachable, ///< no connection, or it broke
        timeout,     ///< nothing in time
        no_vote,     ///< it answers, but not as a Redis server that may be asked for locks
        denied,      ///< it refuses our credentials or permissions, or cannot prove that it is the node we mean
    };
    Kind kind;
    std::string text; ///< for people: no capital, no final point, nothing unprintable
};

} // namespace holdfast
