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

struct Ping {};
/// For the history, which simulated nodes do not have.
struct Note {};

struct Task {
    std::variant<Greet, Listen, Ping, Note, Operation> what;
};

} // namespace holdfast::sim
