// One Redis server as it is named on the command line.
#pragma once

#include "base/secret.hpp"

#include <tl/expected.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

/// Names of PEM files. Empty ones: the system's authorities, and no certificate of our own.
struct TlsOptions {
    std::string ca{};   ///< the only authorities that are trusted
    std::string cert{}; ///< ours, for a server that wants to know its clients; with those between it and its authority
    std::string key{};  ///< to `cert`; empty: it is in the same file
    bool insecure = false; ///< any server that answers is believed to be the node

    auto operator<=>(const TlsOptions&) const = default; // NOLINT(modernize-use-nullptr): clang-tidy 14 means <=>
    /// What is open here is as in `defaults`. A certificate and its key go together.
    void complete_from(const TlsOptions& defaults);
};

struct Node {
    std::string host;        ///< name or address without brackets; empty for a Unix socket
    uint16_t port = 6379;    ///< TCP only
    std::string socket_path; ///< absolute; empty for TCP
    int db = 0;
    std::string user; ///< empty: the server's default user
    Secret password;
    std::optional<TlsOptions> tls; ///< nothing: no TLS
    bool remembers = false;        ///< one of ours (local:), which no restart makes forget what it granted
    bool durable = false;          ///< its URI says the same of it

    bool is_unix() const { return !socket_path.empty(); }

    /// As a URI without user, password and file names: what messages show, and what tells nodes apart.
    std::string display() const;
    /// The same with its options, for another holdfast to connect as we do: what the command's environment gets.
    std::string uri() const;
};

/// redis://[user[:password]@]host[:port][/db][?db=N&durable=yes], with rediss:// for TLS and then also ca=, cert=, key=
/// FILE and insecure=yes; unix:///path/to.sock[?db=N&durable=yes]; or a bare host[:port]. IPv6 in brackets; everything
/// but host and port may be percent-encoded. The error is a sentence that never shows user or password.
tl::expected<Node, std::string> parse_node(std::string_view uri);

} // namespace holdfast
