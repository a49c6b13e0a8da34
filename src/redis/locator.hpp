// Finds where a node is now: by the system's resolver, by the Sentinels of its group, or by the nodes of its cluster.
// A Locator belongs to the look-up thread (redis/lookup.hpp), in which it may take any time.
#pragma once

#include "base/clock.hpp"
#include "redis/address.hpp"
#include "redis/explain.hpp"
#include "redis/node_failure.hpp"

#include <tl/expected.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

struct Place {
    std::vector<Address> addresses{}; ///< at least one; they are tried in this order
    std::string host{};               ///< the host for which the server's certificate has to be
    std::string doubt{};              ///< why a grant of the server there does not count now; empty: it counts
    bool leaves = false;              ///< another server may be about to take this one's place: a failover, or trouble
    std::optional<BootTime> chosen{}; ///< when the server took another one's place, at the latest; nothing: not known
    bool asking = false;              ///< the server answers for the node's key only behind ASKING
};

/// How a node's place is looked up.
struct Wish {
    std::optional<Redirection> told{}; ///< the place that a server of the node's cluster has named
    /// The answers of a majority of the Sentinels are enough; otherwise all that answer are waited for.
    bool majority = false;
};

using Found = tl::expected<Place, NodeFailure>;

class Locator {
  public:
    virtual ~Locator() = default;

    /// Looks the node up; if a server of its cluster has named a place (Wish::told), takes that place without asking.
    /// Ends early, with any result, when `interrupt` is readable.
    virtual Found find(const Wish&, int interrupt) = 0;
    /// Waits until `interrupt` is readable. With `follow` also returns when the node may have moved, if the locator can
    /// notice that: only Sentinels can.
    virtual void wait(bool follow, int interrupt);
};

/// The place of a host. Asks the system's resolver for a name, and blocks as long as that takes.
Found resolved(const HostPort&);

/// The locator that the node's URI asks for. Reads the files that TLS needs; throws Failure if one cannot be used. In
/// the lean program (lean/lean.hpp) always throws Failure.
std::unique_ptr<Locator> make_locator(const Node&, milliseconds node_timeout);

/// The servers that together have all keys of the nodes: each node itself, or every master of a node that is a cluster.
/// Waits for the answers of clusters; a cluster that does not answer is returned as the node that it was. The lean
/// program asks no cluster, and returns all nodes as they are.
std::vector<Node> servers_of(const std::vector<Node>&, milliseconds node_timeout);

} // namespace holdfast
