// Where a node is now: the addresses of its host, looked up and tried in turn. A node that moves to other addresses
// stays the same Node; only its Endpoint changes. Belongs to the connection, and to the connection's thread.
#pragma once

#include "redis/address.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

class Endpoint {
  public:
    /// Begins a look-up, unless there are addresses that stay, or a thread that looks the name up anew. Does not block,
    /// but starts a thread: main thread, while no lock is held.
    void look_up(const Node&);
    /// Lets the thread of an earlier look-up look up once more; does nothing if there is no such thread.
    void look_again();
    /// Whether a look-up has no result yet.
    bool is_looking() const { return looking_; }
    /// Becomes readable when there is a result. Valid while is_looking().
    int fd() const { return lookup_->fd(); }
    BootTime looking_since() const { return lookup_->begun(); }

    /// Takes in the result of the look-up, once there is one, and begins again with the address that was best.
    void begin();
    bool known() const { return !addresses_.empty(); }
    /// How many addresses are still to be tried.
    size_t left() const { return addresses_.size() - tried_; }
    const Address& next() { return addresses_[tried_++]; }
    /// Makes the address that next() gave last the first to be tried from now on.
    void prefer() { std::swap(addresses_.front(), addresses_[tried_ - 1]); }
    /// Why no address is left to try.
    std::string why_none() const { return known() ? "no address of it could be used" : error_; }

    /// Whether one server may be at an address of this node and at one of `other`.
    bool may_be(const Endpoint& other) const;

  private:
    std::optional<Lookup> lookup_;
    std::vector<Address> addresses_;
    bool looking_ = false;
    std::string error_;
    size_t tried_ = 0;
};

} // namespace holdfast
