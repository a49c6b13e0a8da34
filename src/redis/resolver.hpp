// Where a node is, from the node's URI or from the system's resolver.
#pragma once

#include "redis/address.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast {

/// The addresses in a node's URI: a socket's path, a numeric address, localhost. None if a name has to be resolved.
std::vector<Address> known_addresses(const Node&);

/// Asks the system's resolver, for as long as it takes. The lean program has no resolver (lean/lean.hpp).
Addresses ask_resolver(const std::string& host, uint16_t port);

} // namespace holdfast
