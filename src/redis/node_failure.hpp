// Why a node has no vote in an operation: a value and not an exception, because it is normal that nodes fail.
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
    bool elsewhere = false; ///< another server may be the node by now, or the password has changed: try again at once
};

} // namespace holdfast
