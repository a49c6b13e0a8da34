// A node's URI cut into its parts, as they stand in the text: nothing is decoded, and nothing is refused. A text that
// makes no sense is cut as well, so that a password in it can be hidden. redis/node.hpp decides what the parts mean.
// The percent coding of a part. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// Views into the URI's text.
struct UriHost {
    std::string_view name{};                ///< IPv6 with its brackets, and with any text after them that is no port
    std::optional<std::string_view> port{}; ///< behind the ':', perhaps empty; nothing: there is no ':'
};

/// Views into the URI's text. A part is nothing if its separator is missing, and empty if the separator stands there
/// without it.
struct UriParts {
    std::string_view scheme{}; ///< "redis://"; "local:", where "local" is the host, too; empty for a bare host
    std::optional<std::string_view> user{};
    std::optional<std::string_view> password{}; ///< if set, `user` is set too, perhaps empty
    /// None in unix://; all that '+' separates in sentinel://, sentinels://, cluster:// and clusters://; one elsewhere.
    std::vector<UriHost> hosts{};
    std::optional<std::string_view> path{};  ///< in unix:// all up to the '?', otherwise the text after the '/'
    std::optional<std::string_view> query{}; ///< after the '?'
};

/// Cuts `text` at the separator with the index `at`: `text` keeps what stands before the separator, and what stands
/// behind it is returned. If `at` is npos, `text` stays as it is and nothing is returned.
std::optional<std::string_view> cut_behind(std::string_view& text, size_t at);

UriParts parts_of(std::string_view uri);

/// The parts of `uri` that must not be shown, in the order of the text: passwords, and texts that may be a password or
/// a part of one.
std::vector<std::string_view> secrets_in(std::string_view uri);

/// Puts in place of each %XX the byte that it stands for; nothing if two hex digits are missing behind a '%'.
std::optional<std::string> percent_decoded(std::string_view);
/// Writes all but letters, digits and a few marks as %XX; also the comma, which stands between nodes.
std::string percent_encoded(std::string_view);

} // namespace holdfast
