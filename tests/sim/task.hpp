// What a simulated node is asked, and what it says of itself.
#pragma once

#include "lock/operations.hpp"
#include "redis/greeting.hpp"

#include <string>
#include <variant>

namespace holdfast::sim {

/// The first words on a connection.
struct Greet {};
struct Listen {
    std::string channel;
};

/// What nobody waits for: a ping, or a note for the history.
struct Posted {};

struct Task {
    std::variant<Greet, Listen, Posted, Operation> what;
};

} // namespace holdfast::sim
