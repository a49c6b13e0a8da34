// The socket addresses at which a node's server may listen.
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

/// Whether one server may listen at both addresses. True if they are equal, if one is a loopback address and the other
/// has the same port (it may be an address of this host), and if one is a Unix socket and the other a loopback address.
bool may_be_one_server(const Address& one, const Address& other);

/// The addresses that a node's URI gives without any look-up: a socket's path, a numeric address, localhost. None if a
/// host's name has to be resolved, or Sentinels or a cluster tell where the node is.
std::vector<Address> known_addresses(const Node&);
/// The addresses of a numeric host or localhost, with the port; none if the host's name has to be resolved.
std::vector<Address> known_addresses(const HostPort&);

} // namespace holdfast
