// Where a node is: its URI says so, or the system's resolver knows.
#pragma once

#include "redis/address.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast {

/// The addresses that a node's URI says: a socket's path, a number, localhost. None: it has a name to be resolved.
std::vector<Address> known_addresses(const Node&);

/// Asks the system's resolver, for as long as it takes. The lean program has none (lean/lean.hpp).
Addresses ask_resolver(const std::string& host, uint16_t port);

} // namespace holdfast
