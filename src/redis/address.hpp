// Where a node's socket is: its name resolved.
#pragma once

#include "base/clock.hpp"
#include "redis/node.hpp"

#include <sys/socket.h>
#include <tl/expected.hpp>

#include <memory>
#include <vector>

namespace holdfast {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

/// Whether one server may listen at both: the same port of one host, or a socket and a port of this host.
bool may_be_one_server(const Address& one, const Address& other);

/// Every address of the node's host, in the resolver's order; or why there is none.
using Addresses = tl::expected<std::vector<Address>, std::string>;

/// Looks one node up. A socket's path, a number and localhost are known at once. For a name the system's resolver is
/// asked by a thread of its own, because a name server that hangs holds it up for as long as it likes: that thread is
/// waited for by no other thread, and neither fork nor exit mind it.
class Lookup {
  public:
    /// Begins the first one. Throws Failure when this process has no descriptor left.
    explicit Lookup(const Node&);
    Lookup(Lookup&&) noexcept = default;
    Lookup& operator=(Lookup&&) = delete;
    ~Lookup();

    /// Becomes readable when there is a result; -1 when no resolver is asked, and the first result stands.
    int fd() const;
    /// When the last one was begun.
    BootTime begun() const { return begun_; }
    /// Nothing: not yet. Stays the same until again().
    const Addresses* result() const;

    /// After a result: asks once more. Needs neither a thread nor memory anew, so that it may be called while a lock is
    /// held.
    void again();

  private:
    struct Shared;

    BootTime begun_ = BootClock::now();
    std::shared_ptr<Shared> shared_;
};

} // namespace holdfast
