// Who knows where a node is: whoever reads its URI, or the system's resolver.
#pragma once

#include "redis/address.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast {

/// Those of a node for which nobody has to be asked: a socket's path, a number, localhost. None: it is a name.
std::vector<Address> known_addresses(const Node&);

/// Asks the system's resolver, for as long as it takes. The lean program has none (lean/lean.hpp).
Addresses ask_resolver(const std::string& host, uint16_t port);

} // namespace holdfast
