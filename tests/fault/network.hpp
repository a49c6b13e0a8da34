// A loopback network of this process's own, on which packets can be lost without anybody being told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::test {

/// Leaves the network for an empty one that has nothing but 127.0.0.1; what this process starts is in it as well. As
/// root, or where users may have namespaces; call while there is one thread. Why it could not, otherwise.
std::optional<std::string> enter_own_network();

/// From now on every packet is dropped. Senders do not notice, as with a host that is gone. Throws when it cannot be.
void silence_network();
void heal_network();

/// Why one direction alone cannot be cut here; nothing when it can.
std::optional<std::string> no_packet_filter();
/// Drops what comes from those ports of 127.0.0.1, or what goes to them, in that network of our own. Throws when it
/// cannot be.
enum class Direction { to, from };
void lose_packets(Direction direction, const std::vector<uint16_t>& ports);
void find_packets();

} // namespace holdfast::test
