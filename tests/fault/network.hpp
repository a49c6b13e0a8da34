// A loopback network of this process's own, on which packets can be lost without anybody being told.
#pragma once

#include <optional>
#include <string>

namespace holdfast::test {

/// Leaves the network for an empty one that has nothing but 127.0.0.1; what this process starts is in it as well. As
/// root, or where users may have namespaces; call while there is one thread. Why it could not, otherwise.
std::optional<std::string> enter_own_network();

/// From now on every packet is dropped. Senders do not notice, as with a host that is gone. Throws when it cannot be.
void silence_network();
void heal_network();

} // namespace holdfast::test
