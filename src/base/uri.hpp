// A node's URI cut into its parts, as they stand in the text: nothing is decoded, and nothing is refused. What makes no
// sense is cut as well, so that a password in it can be hidden. What the parts mean is for redis/node.hpp. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace holdfast {

/// Views into the text; nothing: the part and its separator are not there.
struct UriParts {
    std::string_view scheme{}; ///< "redis://"; "local:", where "local" is the host, too; empty for a bare host
    std::optional<std::string_view> user{};
    std::optional<std::string_view> password{}; ///< there is a user then, perhaps an empty one
    std::string_view host{};                    ///< IPv6 with its brackets and what stands behind them but a port
    std::optional<std::string_view> port{};
    std::optional<std::string_view> path{};  ///< of unix:// all of it, and otherwise what is behind the '/'
    std::optional<std::string_view> query{}; ///< behind the '?'
};

/// Leaves in `text` what stands before the separator at `at`, and returns what stands behind it; npos: nothing is cut.
std::optional<std::string_view> cut_behind(std::string_view& text, size_t at);

UriParts parts_of(std::string_view uri);

/// The part of `uri` that must not be shown: a password, or what may be one or a part of one. Nothing: there is none.
std::optional<std::string_view> secret_in(std::string_view uri);

} // namespace holdfast
