// One Redis server as it is named on the command line.
#pragma once

#include "base/secret.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

struct Node {
    std::string host;        ///< name or address without brackets; empty for a Unix socket
    uint16_t port = 6379;    ///< TCP only
    std::string socket_path; ///< absolute; empty for TCP
    int db = 0;
    std::string user; ///< empty: the server's default user
    Secret password;
    bool remembers = false; ///< a restart does not make it forget what it granted

    bool is_unix() const { return !socket_path.empty(); }

    /// As a URI without user and password: what messages show and what the command's environment gets.
    std::string display() const;
};

/// redis://[user[:password]@]host[:port][/db], unix:///path/to.sock[?db=N], or a bare host[:port]; IPv6 in
/// brackets; user and password percent-encoded. The error is a sentence that never shows a password.
tl::expected<Node, std::string> parse_node(std::string_view uri);

} // namespace holdfast
