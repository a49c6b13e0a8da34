// Where a node is now: the addresses at which it may be, tried in turn, and the look-up that finds them. A node that
// moves stays the same Node; only its Endpoint changes. Belongs to the connection, and to the connection's thread.
#pragma once

#include "redis/lookup.hpp"

#include <optional>
#include <vector>

namespace holdfast {

class Endpoint {
  public:
    /// Begins a look-up, unless the node's URI has the addresses, or there is a thread that looks up anew. Does not
    /// block, but starts a thread: not while a lock is held.
    void look_up(const Node&, milliseconds node_timeout);
    /// Lets the thread of an earlier look-up look up once more; does nothing if there is no such thread, or if it is
    /// looking already and no place is given.
    void look_again(std::optional<Redirection> = {});
    /// Lets the thread look up once more, and drops the result of a look-up that has begun before.
    void look_afresh(bool majority) {
        if (lookup_) lookup_->again({{}, majority});
    }
    /// Lets the thread look up by itself as well when the node may have moved.
    void follow();
    /// Whether a look-up has no result yet.
    bool is_looking() const { return lookup_ && lookup_->is_looking(); }
    /// Becomes readable when there is a result; -1: there is no look-up.
    int fd() const { return lookup_ ? lookup_->fd() : -1; }
    BootTime looking_since() const { return lookup_->begun(); }

    /// Takes in the result of the look-up, once there is one, and begins again with the address that was best. False as
    /// long as a look-up has no result yet.
    bool begin();
    /// Takes in the result of the look-up. Returns whether the address tried last is no longer one of the node's.
    bool has_moved();
    bool known() const { return !place_.addresses.empty(); }
    /// How many addresses are still to be tried.
    size_t left() const { return place_.addresses.size() - tried_; }
    const Address& next() { return current_ = place_.addresses[tried_++]; }
    /// Makes the address that next() gave last the first to be tried from now on.
    void prefer();
    /// The next begin() puts the current address last, because no server there greets us as the node.
    void avoid() { avoided_ = current_; }
    const Place& place() const { return place_; }
    /// Why no address is left to try, or why the last look-up has found none.
    std::optional<NodeFailure> failure() const { return failure_; }

    /// Whether one server may be at an address of this node and at one of `other`.
    bool may_be(const Endpoint& other) const;

  private:
    /// Takes in the result of the look-up; false if there was none.
    bool take();

    std::optional<Lookup> lookup_;
    Place place_;
    Address current_;
    std::optional<Address> avoided_;
    std::optional<NodeFailure> failure_; ///< of the last look-up
    size_t tried_ = 0;
};

} // namespace holdfast
