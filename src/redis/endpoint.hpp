// Where a node is now: the addresses at which it may be, tried in turn, and the look-up that finds them. A node that
// moves stays the same Node; only its Endpoint changes. Belongs to the connection, and to the connection's thread.
#pragma once

#include "redis/lookup.hpp"

#include <optional>
#include <vector>

namespace holdfast {

class Endpoint {
  public:
    /// Begins the look-up of a node whose URI does not have the addresses. Does nothing if there is an address already,
    /// or a thread from an earlier call, which looks the node up again by itself. Does not block, but starts a thread,
    /// so do not call it while a lock is held.
    void look_up(const Node&, milliseconds node_timeout);
    /// Lets the thread that look_up() has started look up once more. Does nothing if there is no such thread, or if it
    /// is looking already and no place is given.
    void look_again(std::optional<Redirection> = {});
    /// Lets the thread begin a new look-up at once; the result of one that is still running is dropped. With `majority`
    /// the answers of a majority of the Sentinels are enough, otherwise all that answer are waited for.
    void look_afresh(bool majority) {
        if (lookup_) lookup_->again({{}, majority});
    }
    /// From now on the thread also looks up whenever the node may have moved.
    void follow();
    /// Whether a look-up is running, so that it has no result yet.
    bool is_looking() const { return lookup_ && lookup_->is_looking(); }
    /// Readable when a look-up has a result that was not taken in yet; -1: there is no look-up.
    int fd() const { return lookup_ ? lookup_->fd() : -1; }
    /// When the last look-up began. Call only if there was one.
    BootTime looking_since() const { return lookup_->begun(); }

    /// Takes in the result of the look-up, if there is one, and lets next() begin again with the first address. Returns
    /// false if a look-up is running and had no result to take in; the addresses that were known before can be tried
    /// all the same.
    bool begin();
    /// Takes in the result of the look-up, if there is one. Returns whether the address that next() gave last is no
    /// longer one of the node's; false if no address is known.
    bool has_moved();
    /// Whether there is an address to try.
    bool known() const { return !place_.addresses.empty(); }
    /// How many addresses next() has not given since begin().
    size_t left() const { return place_.addresses.size() - tried_; }
    /// The next address to try. Call only while left() is not 0.
    const Address& next() { return current_ = place_.addresses[tried_++]; }
    /// Makes the address that next() gave last the first to be tried, until a look-up brings new addresses.
    void prefer();
    /// Lets the next begin() put the address that next() gave last behind all others, because no server there greets us
    /// as the node.
    void avoid() { avoided_ = current_; }
    const Place& place() const { return place_; }
    /// Why the last look-up has failed; nothing if it has found the node, or there was none.
    std::optional<NodeFailure> failure() const { return failure_; }

    /// Whether one server may be at an address of this node and at one of `other`.
    bool may_be(const Endpoint& other) const;

  private:
    /// Takes in the result of the look-up, if there is one; returns whether there was.
    bool take();

    std::optional<Lookup> lookup_;
    Place place_;
    Address current_;
    std::optional<Address> avoided_;
    std::optional<NodeFailure> failure_; ///< of the last look-up
    size_t tried_ = 0;
};

} // namespace holdfast
