// A node's URI cut into its parts, as they stand in the text: nothing is decoded, and nothing is refused. A text that
// makes no sense is cut as well, so that a password in it can be hidden. redis/node.hpp decides what the parts mean.
// Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast {

/// Views into the text; nothing: the text has neither the part nor its separator.
struct UriHost {
    std::string_view name{}; ///< IPv6 with its brackets, and with any text after them that is no port
    std::optional<std::string_view> port{};
};

/// Views into the text, as above.
struct UriParts {
    std::string_view scheme{}; ///< "redis://"; "local:", where "local" is the host, too; empty for a bare host
    std::optional<std::string_view> user{};
    std::optional<std::string_view> password{}; ///< if set, `user` is set too, perhaps empty
    /// None in unix://; with sentinel:// and cluster:// all that '+' separates; one elsewhere.
    std::vector<UriHost> hosts{};
    std::optional<std::string_view> path{};  ///< in unix:// all up to the '?', otherwise the text after the '/'
    std::optional<std::string_view> query{}; ///< after the '?'
};

/// Leaves in `text` the part before the separator at `at`, and returns the part after it; npos: nothing is cut.
std::optional<std::string_view> cut_behind(std::string_view& text, size_t at);

UriParts parts_of(std::string_view uri);

/// The parts of `uri` that must not be shown, in order: passwords, or what may be one or a part of one.
std::vector<std::string_view> secrets_in(std::string_view uri);

} // namespace holdfast
