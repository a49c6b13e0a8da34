// Why a node has no vote: a value and no exception, because nodes that fail are normal.
#pragma once

#include <string>

namespace holdfast {

struct NodeFailure {
    enum class Kind {
        unreachable, ///< no connection, or it broke
        timeout,     ///< no answer in time
        no_vote,     ///< the node answers, but not as a Redis server that may be asked for locks
        denied,      ///< the node refuses our credentials or permissions, or cannot prove that it is the node we mean
        misnamed,    ///< the node's URI names what is not there, and no time will help
    };
    Kind kind;
    std::string text;       ///< for people: no capital, no final point, nothing unprintable
    bool elsewhere = false; ///< another server may be the node by now, or our password another one: worth a new try
};

} // namespace holdfast
