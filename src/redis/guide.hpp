// Servers that are asked where other servers are: Sentinels, and the nodes of a cluster.
#pragma once

#include "redis/node.hpp"
#include "redis/node_set.hpp"

#include <string>
#include <vector>

namespace holdfast {

/// The guide at that address. `like` has the guide's login, and its TLS options if the guide has TLS.
Node guide(const HostPort&, const Node& like);

/// A node with the login and the TLS options for the Sentinels of that node.
Node like_sentinel(const Node&);

/// All seeds of a node as guides.
std::vector<Node> guides(const std::vector<HostPort>& seeds, const Node& like);

/// What each guide that has failed says, for a node's line.
std::string failures(const NodeSet& guides, const Answers&);

} // namespace holdfast
