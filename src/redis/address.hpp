// The addresses at which a node's socket may be, from the node's name.
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

/// Whether one server may listen at both addresses: the same port of one host, or a Unix socket and a port of this
/// host.
bool may_be_one_server(const Address& one, const Address& other);

/// Every address of the node's host, in the resolver's order; or why there is none.
using Addresses = tl::expected<std::vector<Address>, std::string>;

/// Looks one node up. A socket's path, a numeric address and localhost are known at once. For a name, a thread of its
/// own asks the system's resolver, because a name server that hangs holds that thread up for any time: no other thread
/// waits for it, and it disturbs neither fork nor exit.
class Lookup {
  public:
    /// Begins the first look-up. Throws Failure when this process has no descriptor left.
    explicit Lookup(const Node&);
    Lookup(Lookup&&) noexcept = default;
    Lookup& operator=(Lookup&&) = delete;
    ~Lookup();

    /// Becomes readable when there is a result; -1 if no resolver is asked, so that the first result stands.
    int fd() const;
    /// When the last look-up was begun.
    BootTime begun() const { return begun_; }
    /// The result; null as long as there is none. Stays the same until again().
    const Addresses* result() const;

    /// After a result: looks up once more. Needs no new thread and no new memory, so it may be called while a lock is
    /// held.
    void again();

  private:
    struct Shared;

    BootTime begun_ = BootClock::now();
    std::shared_ptr<Shared> shared_;
};

} // namespace holdfast
