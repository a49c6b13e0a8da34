// What a server's answer means for whoever has to mend it: pure functions from what it said to words of ours. The
// results are parts of a node's line: no capital, no final point, nothing unprintable.
#pragma once

#include "redis/reply.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// What answers there, by the first bytes that it sent; nothing when they tell nothing.
std::optional<std::string> stranger(std::string_view first_bytes);

/// "it says: …" with the server's words and, where that is known, what to do about them. Not for answers to HELLO,
/// which may repeat a password.
std::string explained(const Reply& error);

/// Whether our user may not do what it was asked to do, in a script or outside. Servers of different ages speak of it
/// differently.
bool lacks_right(const Reply& error);

} // namespace holdfast
