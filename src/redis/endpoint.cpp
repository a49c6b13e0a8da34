#include "redis/endpoint.hpp"

#include <algorithm>

namespace holdfast {

void Endpoint::look_up(const Node& node, milliseconds node_timeout) {
    begin();
    if (known() || (lookup_ && lookup_->has_thread())) return;
    place_.addresses = known_addresses(node);
    place_.host = node.host;
    if (!known()) lookup_.emplace(node, node_timeout);
}

void Endpoint::look_again(std::optional<Redirection> told) {
    if (lookup_ && (told || !is_looking())) lookup_->again({std::move(told)});
}

void Endpoint::follow() {
    if (lookup_) lookup_->follow();
}

bool Endpoint::take() {
    std::optional<Found> found = lookup_ ? lookup_->take() : std::nullopt;
    if (!found) return false;
    failure_.reset();
    if (*found) {
        place_ = std::move(**found);
        tried_ = 0;
    } else failure_ = found->error();
    return true;
}

bool Endpoint::begin() {
    const bool looks = is_looking(); // asked before the result is taken, because the result may come in between
    const bool took = take();
    tried_ = 0;
    if (avoided_)
        std::stable_partition(place_.addresses.begin(), place_.addresses.end(),
                              [&](const Address& one) { return !(one == *avoided_); });
    avoided_.reset();
    return took || !looks;
}

bool Endpoint::has_moved() {
    take();
    return known() && std::ranges::find(place_.addresses, current_) == place_.addresses.end();
}

void Endpoint::prefer() {
    const auto used = std::ranges::find(place_.addresses, current_);
    if (used != place_.addresses.end()) std::iter_swap(place_.addresses.begin(), used);
}

bool Endpoint::may_be(const Endpoint& other) const {
    return std::ranges::any_of(place_.addresses, [&](const Address& one) {
        return std::ranges::any_of(other.place_.addresses,
                                   [&](const Address& its) { return may_be_one_server(one, its); });
    });
}

} // namespace holdfast
