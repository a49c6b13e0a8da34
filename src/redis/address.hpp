// The addresses at which a node's socket may be.
#pragma once

#include "redis/node.hpp"

#include <sys/socket.h>

#include <vector>

namespace holdfast {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    bool operator==(const Address& other) const;
};

/// Whether one server may listen at both addresses: the same port of one host, or a Unix socket and a port of this
/// host.
bool may_be_one_server(const Address& one, const Address& other);

/// The addresses in a node's URI: a socket's path, a numeric address, localhost. None if a name has to be resolved, or
/// if a locator finds the node.
std::vector<Address> known_addresses(const Node&);
/// The addresses of a host and a port; none if the host's name has to be resolved.
std::vector<Address> known_addresses(const HostPort&);

} // namespace holdfast
