#include "redis/endpoint.hpp"

#include <algorithm>

namespace holdfast {

void Endpoint::look_up(const Node& node) {
    begin();
    if (lookup_ && (lookup_->fd() >= 0 || known())) return;
    lookup_.emplace(node);
    looking_ = true;
}

void Endpoint::look_again() {
    if (!lookup_ || looking_ || lookup_->fd() < 0) return;
    lookup_->again();
    looking_ = true;
}

void Endpoint::begin() {
    tried_ = 0;
    const Addresses* found = looking_ ? lookup_->result() : nullptr;
    if (found == nullptr) return;
    if (*found) addresses_ = **found;
    else error_ = found->error();
    looking_ = false;
}

bool Endpoint::may_be(const Endpoint& other) const {
    return std::ranges::any_of(addresses_, [&](const Address& one) {
        return std::ranges::any_of(other.addresses_, [&](const Address& its) { return may_be_one_server(one, its); });
    });
}

} // namespace holdfast
