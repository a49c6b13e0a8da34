// Where a node's socket is: its name resolved.
#pragma once

#include "redis/node.hpp"

#include <sys/socket.h>
#include <tl/expected.hpp>

#include <vector>

namespace holdfast {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

/// Every address of the node's host, in the resolver's order. A number needs no resolver; a name may take
/// as long as the system's resolver takes, so this is for the main thread, before a lock is held.
tl::expected<std::vector<Address>, std::string> resolve(const Node&);

} // namespace holdfast
