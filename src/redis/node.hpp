// A node as its URI names it: one Redis server, the master that Sentinels name, or the master of a key's slot in a
// cluster.
#pragma once

#include "base/secret.hpp"

#include <tl/expected.hpp>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// The options for TLS; files are in PEM form. Without `ca` the system's authorities are trusted; without `cert` we
/// show no certificate.
struct TlsOptions {
    std::string ca{};          ///< the only authorities that are trusted
    std::string cert{};        ///< our certificate, for a server that asks for one, with the intermediate certificates
    std::string key{};         ///< the key to `cert`; empty: it is in the same file
    bool insecure = false;     ///< any server that answers is believed to be the node
    std::string server_name{}; ///< the name that the server's certificate has to have, sent as SNI; empty: the host

    auto operator<=>(const TlsOptions&) const = default; // NOLINT(modernize-use-nullptr): clang-tidy 14 means <=>
    /// Takes over from `defaults` each option that is empty or false here: `ca`, `insecure`, and `cert` and `key`
    /// together if both are empty. Never takes `server_name`.
    void complete_from(const TlsOptions& defaults);
};

/// Where a server listens: a name or an address without brackets, and a port.
struct HostPort {
    std::string host{};
    uint16_t port = 0;

    auto operator<=>(const HostPort&) const = default; // NOLINT(modernize-use-nullptr): clang-tidy 14 means <=>
};

/// What a server needs to let us in: a login, and TLS.
struct Access {
    std::string user{}; ///< empty: the server's default user
    Secret password{};
    std::string password_file{};     ///< where `password` is read; empty: nowhere
    std::optional<TlsOptions> tls{}; ///< nothing: no TLS
};

/// A Sentinel group, which names the node's master. The Access is that to the Sentinels, and not to the master.
struct SentinelGroup : Access {
    std::string master{}; ///< as the Sentinels call it
};

struct Node : Access {
    /// What finds the node's server: its own host or socket, its Sentinels, or the nodes of its cluster.
    enum class Locator { address, sentinel, cluster };
    Locator locator = Locator::address;
    std::vector<HostPort> seeds{}; ///< the Sentinels, or nodes of the cluster, in the order written
    SentinelGroup sentinel{};      ///< with Locator::sentinel
    std::string part_of{};         ///< the display() of the cluster of which this server is a master; empty: of none
    std::string key{}; ///< with Locator::cluster, the key whose slot's master the node is; no part of the URI

    std::string host;        ///< name or address without brackets; empty for a Unix socket, and with seeds
    uint16_t port = 6379;    ///< TCP only
    std::string socket_path; ///< absolute; empty for TCP
    int db = 0;
    bool remembers = false;        ///< a node of holdfast's own (local:), which forgets no grant in a restart
    bool durable = false;          ///< the node's URI says that it forgets no grant in a restart
    std::optional<int> replicas{}; ///< a grant counts only if so many replicas have it; nothing: as --replicas says
    bool guide = false;            ///< asked only where other servers are: a Sentinel, or any node of a cluster

    /// The host and port of the URI's server; an empty host for a Unix socket, and for Sentinels and clusters.
    HostPort at() const { return {host, port}; }
    bool is_unix() const { return !socket_path.empty(); }
    /// Whether we send the server a login (AUTH); a user may have no password.
    bool logs_in() const { return !user.empty() || !password.empty(); }

    /// The node as a URI without user, password, file names and options, but with the database. Messages show it, and
    /// nodes are told apart by it.
    std::string display() const;
    /// The display() of the cluster of which this server is a master, otherwise that of this node itself.
    std::string node_display() const { return part_of.empty() ? display() : part_of; }
    /// The display() with the node's options and the names of its files as absolute paths, but without passwords, and
    /// without the user of the node. The command's environment has it, so that a holdfast in the command finds the same
    /// node.
    std::string uri() const;
};

/// Reads a node's URI. HOSTS are host[:port] with '+' between them, LOGIN is user[:password]@ or :password@; the forms:
///   redis://[LOGIN]host[:port][/db], or a bare host[:port]
///   unix:///path/to.sock
///   sentinel://[LOGIN]HOSTS/MASTER[/db]   the login is for the master alone
///   cluster://[LOGIN]HOSTS
/// or rediss://, sentinels://, clusters:// for TLS. Behind '?', with '&' between them: db=N, replicas=N; durable=yes
/// (not for sentinel:// and cluster://, where a failover can lose grants); sentinel-user=, sentinel-password=,
/// sentinel-password-file=FILE, sentinel-tls=yes or no; with TLS ca=, cert=, key=FILE, servername= and insecure=yes.
/// IPv6 in brackets; everything but hosts, ports and MASTER may be percent-encoded. Reads no file. The error is a
/// sentence that does not show what is or may be a password.
tl::expected<Node, std::string> parse_node(std::string_view uri);

/// A guide at that address: a Node that is asked only where other servers are.
Node guide(const HostPort&, const Access&);
/// The seeds of a node as guides: its Sentinels, with the access to these, or nodes of its cluster.
std::vector<Node> guides(const Node&);

} // namespace holdfast
