// Reads a node's URI.
#include "base/escape.hpp"
#include "base/numbered.hpp"
#include "base/uri.hpp"
#include "redis/misspelling.hpp"
#include "redis/node.hpp"
#include "redis/scheme.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>
#include <cctype>

namespace holdfast {
namespace {

using Parsed = tl::expected<Node, std::string>;
using Error = tl::unexpected<std::string>;

constexpr int largest_db = 1'000'000;
constexpr int most_replicas = 9;

using enum Node::Locator;

std::optional<std::string> read_db(std::string_view text, Node& node) {
    const auto db = number_in<int>(text, largest_db);
    if (!db)
        return fmt::format(
            "'{}' is not the number of a database, as in redis://10.0.0.1:6379/3; a name before those of "
            "the locks is --key-prefix",
            printable(text));
    node.db = *db;
    return {};
}

/// The TLS options of a URI, for all parts of the node that have TLS: server, Sentinels, or both.
struct ForTls {
    TlsOptions options;
    std::string_view name; ///< of one TLS option that was given; empty: none was
};

/// Reads the option into `tls` if it is one for TLS; returns whether it is.
bool read_tls_option(std::string_view name, const std::string& value, ForTls& tls) {
    std::string TlsOptions::*const text = name == "ca"           ? &TlsOptions::ca
                                          : name == "cert"       ? &TlsOptions::cert
                                          : name == "key"        ? &TlsOptions::key
                                          : name == "servername" ? &TlsOptions::server_name
                                                                 : nullptr;
    const bool insecure = name == "insecure" && value == "yes";
    if (insecure) tls.options.insecure = true;
    else if (text != nullptr) tls.options.*text = value;
    else return false;
    tls.name = name;
    return true;
}

/// Reads the option into `group` if it is one for Sentinels, with a value that makes sense; returns whether it is.
bool read_sentinel_option(std::string_view name, const std::string& value, SentinelGroup& group) {
    if (name == "sentinel-user") group.user = value;
    else if (name == "sentinel-password") group.password = Secret{value};
    else if (name == "sentinel-password-file") group.password_file = value;
    else if (name == "sentinel-tls" && value == "yes") group.tls.emplace();
    else if (name == "sentinel-tls" && value == "no") group.tls.reset();
    else return false;
    return true;
}

/// Reads one "name=value" behind the '?' into `node` or `tls`. Returns what is wrong with it; nothing if all is well.
std::optional<std::string> read_option(std::string_view option, Node& node, ForTls& tls) {
    std::string_view name = option;
    const auto value = percent_decoded(cut_behind(name, name.find('=')).value_or(""));
    // The value is not shown, because in URIs of other tools it may be a password.
    if (!value || value->empty()) return fmt::format("'{}=' has no value that makes sense", printable(name));
    if (name == "db") return read_db(*value, node);
    if (name == "ssl" || name == "tls")
        return "'" + std::string{name} + "=' is no option: a node with TLS is rediss://HOST";
    if (name == "password" || name == "username" || name == "user")
        return "'" + std::string{name} + "=' is no option: write redis://USER:PASSWORD@HOST, or redis://:PASSWORD@HOST";
    if (name == "durable" && *value == "yes") node.durable = true;
    else if (const auto replicas = number_in<int>(*value, most_replicas); name == "replicas" && replicas)
        node.replicas = *replicas;
    else if (!read_tls_option(name, *value, tls) &&
             !(node.locator == sentinel && read_sentinel_option(name, *value, node.sentinel)))
        return fmt::format("'{}=' is not an option of such a node, or not with that value; known are db=, durable=yes "
                           "and replicas= (0 to {}), with TLS ca=, cert=, key=, servername= and insecure=yes, and with "
                           "sentinel:// sentinel-user=, sentinel-password=, sentinel-password-file= and "
                           "sentinel-tls=yes or no",
                           printable(name), most_replicas);
    return {};
}

/// What is wrong with the options of a URI taken together; nothing if they do not contradict each other.
std::optional<std::string> judge_options(const Node& node, const ForTls& tls, std::string_view with_tls) {
    if (!tls.name.empty() && !node.tls && !node.sentinel.tls)
        return fmt::format("'{}=' is for TLS; write {}", tls.name, with_tls);
    if (node.locator == cluster && node.db != 0) return "a cluster has database 0 alone; leave the database out";
    if (node.locator != address && node.durable)
        return "'durable=yes' is not for Sentinels and clusters: a replica that takes the master's place may have "
               "missed what that one granted last";
    if (!node.sentinel.password.empty() && !node.sentinel.password_file.empty())
        return "'sentinel-password=' and 'sentinel-password-file=' contradict each other; give one of them";
    return {};
}

std::optional<std::string> read_options(const UriParts& parts, std::string_view with_tls, Node& node) {
    ForTls tls;
    bool behind_password = false;
    for (auto rest = parts.query; rest;) {
        std::string_view option = *rest;
        rest = cut_behind(option, option.find('&'));
        if (auto wrong = read_option(option, node, tls))
            // The option may be the end of the password, so it is not shown.
            return behind_password ? "what stands behind 'sentinel-password=' is no option; write %26 for '&' in it"
                                   : wrong;
        behind_password = behind_password || option.starts_with("sentinel-password=");
    }
    if (auto wrong = judge_options(node, tls, with_tls)) return wrong;
    if (node.tls) node.tls = tls.options;
    if (node.sentinel.tls) node.sentinel.tls = tls.options;
    return {};
}

Parsed parse_unix(const UriParts& parts) {
    Node node;
    const auto path = percent_decoded(*parts.path);
    if (!path) return Error{"in the path of a Unix socket '%' starts two hex digits; write %25 for '%'"};
    if (!path->starts_with('/'))
        return Error{"the path of a Unix socket is absolute, as in unix:///run/redis/redis.sock"};
    if (path->size() >= sizeof(sockaddr_un::sun_path))
        return Error{fmt::format("the path of a Unix socket has at most {} bytes, this one has {}",
                                 sizeof(sockaddr_un::sun_path) - 1, path->size())};
    node.socket_path = *path;
    if (const auto wrong = read_options(parts, "rediss://", node)) return Error{*wrong};
    return node;
}

bool is_ipv6(std::string text) {
    text = text.substr(0, text.find('%')); // without the zone
    in6_addr address{};
    return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

/// The text is not shown, because it is the password if the '@' was forgotten.
std::string not_a_port(std::string_view host, std::string_view port) {
    return fmt::format("what stands behind the host '{}' is not a port (1 to 65535){}", printable(host),
                       port.empty()               ? "; is a variable of the shell not set?"
                       : port.starts_with("tcp:") ? "; in a container HOST_SERVICE_PORT has the port, not HOST_PORT"
                                                  : "");
}

std::optional<std::string> read_host(const UriHost& written, const Scheme& scheme, HostPort& to) {
    std::string_view host = written.name;
    if ((std::string{host} + std::string{written.port.value_or("")}).find(';') != std::string::npos)
        return "a comma stands between nodes, and no ';'";
    bool port_makes_sense = true;
    if (host.starts_with('[')) {
        host.remove_prefix(1);
        const auto behind = cut_behind(host, host.find(']'));
        if (!behind) return "the bracket of the IPv6 address is not closed";
        if (!is_ipv6(std::string{host})) return fmt::format("'[{}]' is not an IPv6 address", printable(host));
        port_makes_sense = behind->empty();
    } else if (written.port &&
               (is_ipv6(fmt::format("{}:{}", host, *written.port)) || (host.empty() && written.port->starts_with(':'))))
        return fmt::format("an IPv6 address stands in brackets, as in {}[::1]:{}", scheme.text, scheme.port);
    if (host.empty())
        return fmt::format("the host is missing, as in {}10.0.0.1:{}{}", scheme.text, scheme.port,
                           scheme.locator == address ? "; a socket is unix:///PATH" : "");
    if (printable(host, host.size()) != host || host.find_first_of("$'\"`;|&<>*") != std::string_view::npos)
        return fmt::format("'{}' cannot be the name of a host{}", printable(host),
                           host.starts_with('$') ? "; the shell has not put the variable's value in its place" : "");
    // The resolver would take the number for an IPv4 address.
    if (is_number(host))
        return fmt::format("'{0}' is a number and no host; a port stands behind its host, as in {1}10.0.0.1:{0}", host,
                           scheme.text);
    to = {std::string{host}, scheme.port};
    if (!port_makes_sense) return not_a_port(host, "?");
    if (!written.port) return {};
    to.port = number_in<uint16_t>(*written.port).value_or(0);
    return to.port == 0 ? std::optional{not_a_port(host, *written.port)} : std::nullopt;
}

std::optional<std::string> read_hosts(const UriParts& parts, const Scheme& scheme, Node& node) {
    for (const UriHost& host : parts.hosts)
        if (auto wrong = read_host(host, scheme, node.seeds.emplace_back())) return wrong;
    if (node.locator != address) return {};
    node.host = node.seeds.front().host;
    node.port = node.seeds.front().port;
    node.seeds.clear();
    return {};
}

bool can_be_a_master(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
    });
}

/// Reads what stands behind the first '/': "db", or "MASTER/db" if the node has Sentinels. Returns what is wrong with
/// it; nothing if all is well.
std::optional<std::string> read_path(std::string_view path, Node& node) {
    if (node.locator == sentinel) {
        const auto db = cut_behind(path, path.find('/'));
        if (!can_be_a_master(path))
            return "the name that the Sentinels have for the master (letters, digits and .-_) stands behind them, as "
                   "in sentinel://10.0.0.1+10.0.0.2/mymaster; a comma stands between nodes";
        node.sentinel.master = path;
        path = db.value_or("");
    }
    return path.empty() ? std::nullopt : read_db(path, node);
}

std::optional<std::string> read_login(const UriParts& parts, Node& node) {
    const std::string_view written = parts.password.value_or("");
    // The '?' or the '@' may be part of a password, and half a password must not be shown as a host or a file.
    if (parts.user->find('?') != std::string_view::npos || written.find('?') != std::string_view::npos)
        return "it has a '?' before an '@'; write %3F in user and password, %40 in an option";
    const auto user = percent_decoded(*parts.user);
    const auto password = percent_decoded(written);
    if (!user || !password) return "in user and password '%' starts two hex digits; write %25 for '%'";
    node.user = *user;
    node.password = Secret{*password};
    return {};
}

Parsed parse_with_hosts(const UriParts& parts, const Scheme& scheme) {
    Node node;
    node.locator = scheme.locator;
    if (scheme.tls) node.tls.emplace();
    if (scheme.locator == sentinel) node.sentinel.tls = node.tls;
    std::optional<std::string> wrong;
    if (parts.user) wrong = read_login(parts, node);
    if (!wrong) wrong = read_hosts(parts, scheme, node);
    if (!wrong) wrong = read_path(parts.path.value_or(""), node);
    if (!wrong) wrong = read_options(parts, scheme.with_tls, node);
    if (wrong) return Error{*wrong};
    return node;
}

/// How holdfast writes what "redis:host" or "redis:/host" means; empty for another text. Behind the ':' a number is a
/// port, so "redis:6379" is the host "redis".
std::string_view meant_without_slashes(const UriHost& host) {
    const bool perhaps = host.port && (host.port->empty() || !number_in<uint16_t>(*host.port));
    return perhaps ? meant_by(std::string{host.name} + "://") : "";
}

/// How holdfast writes what "redis//host" means; empty for another text.
std::string_view meant_without_colon(std::string_view uri) {
    const size_t slashes = uri.find("//");
    return slashes == std::string_view::npos ? "" : meant_by(std::string{uri.substr(0, slashes)} + "://");
}

std::string unknown_scheme(std::string_view scheme) {
    const std::string_view meant = meant_by(scheme);
    if (!meant.empty()) return fmt::format("'{}' is not a kind of address; write {}", scheme, meant);
    return fmt::format("'{}' is not a kind of address; known are redis://, sentinel:// and cluster://, rediss://, "
                       "sentinels:// and clusters:// for TLS, unix:// and local:",
                       scheme);
}

} // namespace

Parsed parse_node(std::string_view uri) {
    for (const char c : uri)
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f)
            return Error{"a node's address has no spaces or control characters, as in redis://10.0.0.1:6379; a comma "
                         "stands between nodes"};
    if (const std::string_view first = uri.substr(uri.starts_with('[') ? 1 : 0);
        first.starts_with('"') || first.starts_with('\'') || first.starts_with('<') || is_typographic(first))
        return Error{"it begins with a quote or a bracket; leave quotes and brackets out"};
    if (uri.starts_with('@'))
        return Error{"'@' stands behind a user or a password, and names no file; a file with nodes is one for "
                     "--config, as in: nodes = [\"redis://HOST\"]"};
    if (uri.starts_with('/')) return Error{"a path alone is no address; write unix:///PATH"};
    const UriParts parts = parts_of(uri);
    if (parts.scheme == "unix://") return parse_unix(parts);
    if (parts.scheme.empty()) {
        const std::string_view meant = meant_without_slashes(parts.hosts.front());
        if (!meant.empty())
            return Error{fmt::format("the '//' behind the kind of address is missing; write {}", meant)};
        if (const auto with_colon = meant_without_colon(uri); !with_colon.empty())
            return Error{fmt::format("the ':' behind the kind of address is missing; write {}", with_colon)};
        if (uri == "local") return Error{"a node on this machine is written local: with its colon"};
        return parse_with_hosts(parts, schemes[0]);
    }
    const auto* const scheme = std::ranges::find(schemes, parts.scheme, &Scheme::text);
    return scheme == std::end(schemes) ? Parsed{Error{unknown_scheme(parts.scheme)}} : parse_with_hosts(parts, *scheme);
}

} // namespace holdfast
