#include "redis/node.hpp"

#include "base/escape.hpp"
#include "base/uri.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/un.h>

#include <cctype>
#include <charconv>
#include <filesystem>

namespace holdfast {
namespace {

using Parsed = tl::expected<Node, std::string>;
using Error = tl::unexpected<std::string>;

constexpr int largest_db = 1'000'000;

/// A whole, unsigned number up to `largest`.
std::optional<int> number(std::string_view text, int largest) {
    int value = -1;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size() || value < 0 || value > largest) return {};
    return value;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (text.front() != '%') {
            out += text.front();
            text.remove_prefix(1);
            continue;
        }
        unsigned value = 0;
        if (text.size() < 3) return {};
        const auto [end, failed] = std::from_chars(text.data() + 1, text.data() + 3, value, 16);
        if (failed != std::errc{} || end != text.data() + 3) return {};
        out += static_cast<char>(value);
        text.remove_prefix(3);
    }
    return out;
}

/// For a file's name. A comma stands between nodes, so it is encoded too.
std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                           std::string_view{"/._-~+:"}.find(c) != std::string_view::npos;
        out += plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::optional<std::string> read_db(std::string_view text, Node& node) {
    const auto db = number(text, largest_db);
    if (!db) return fmt::format("'{}' is not the number of a database", printable(text));
    node.db = *db;
    return {};
}

/// Reads one "name=value" of those after the '?'. Returns what is wrong with it, or nothing.
std::optional<std::string> read_option(std::string_view option, Node& node) {
    std::string_view name = option;
    const auto value = percent_decoded(cut_behind(name, name.find('=')).value_or(""));
    // The value is not shown: other tools have passwords there.
    if (!value || value->empty()) return fmt::format("'{}=' has no value that makes sense", printable(name));
    if (name == "db") return read_db(*value, node);
    if (name == "durable" && *value == "yes") {
        node.durable = true;
        return {};
    }
    std::string TlsOptions::*const file = name == "ca"     ? &TlsOptions::ca
                                          : name == "cert" ? &TlsOptions::cert
                                          : name == "key"  ? &TlsOptions::key
                                                           : nullptr;
    const bool insecure = name == "insecure" && *value == "yes";
    if (file == nullptr && !insecure)
        return fmt::format("'{}=' is not an option of a node, or not with that value; known are db= and durable=yes, "
                           "and with rediss:// "
                           "ca=, cert=, key= and insecure=yes",
                           printable(name));
    if (!node.tls) return fmt::format("'{}=' is for TLS; write rediss://", printable(name));
    if (insecure) node.tls->insecure = true;
    else *node.tls.*file = *value;
    return {};
}

std::optional<std::string> read_options(std::string_view query, Node& node) {
    while (true) {
        const auto rest = cut_behind(query, query.find('&'));
        if (auto wrong = read_option(query, node)) return wrong;
        if (!rest) return {};
        query = *rest;
    }
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
    if (parts.query)
        if (const auto wrong = read_options(*parts.query, node)) return Error{*wrong};
    return node;
}

bool is_ipv6(std::string text) {
    text = text.substr(0, text.find('%')); // without the zone
    in6_addr address{};
    return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

std::string not_a_port(std::string_view host) {
    // The text is not shown, because it is the password if the '@' was forgotten.
    return fmt::format("what stands behind the host '{}' is not a port (1 to 65535)", printable(host));
}

std::optional<std::string> read_host(const UriParts& parts, Node& node) {
    std::string_view host = parts.host;
    bool port_makes_sense = true;
    if (host.starts_with('[')) {
        host.remove_prefix(1);
        const auto behind = cut_behind(host, host.find(']'));
        if (!behind) return "the bracket of the IPv6 address is not closed";
        if (!is_ipv6(std::string{host})) return fmt::format("'[{}]' is not an IPv6 address", printable(host));
        port_makes_sense = behind->empty();
    } else if (parts.port && parts.port->find(':') != std::string_view::npos)
        return "an IPv6 address stands in brackets, as in redis://[::1]:6379";
    if (host.empty()) return "the host is missing, as in redis://10.0.0.1:6379";
    if (printable(host, host.size()) != host) return fmt::format("'{}' cannot be the name of a host", printable(host));
    node.host = host;
    if (!port_makes_sense) return not_a_port(host);
    if (!parts.port) return {};
    const auto port = number(*parts.port, 65535).value_or(0);
    if (port == 0) return not_a_port(host);
    node.port = static_cast<uint16_t>(port);
    return {};
}

std::optional<std::string> read_login(const UriParts& parts, Node& node) {
    const std::string_view written = parts.password.value_or("");
    // The '?' or the '@' may be part of a password, and half a password must not be shown as a host or a file.
    if (parts.user->find('?') != std::string_view::npos || written.find('?') != std::string_view::npos)
        return "it has a '?' before an '@'; write %3F in user and password, %40 in the name of a file";
    const auto user = percent_decoded(*parts.user);
    const auto password = percent_decoded(written);
    if (!user || !password) return "in user and password '%' starts two hex digits; write %25 for '%'";
    node.user = *user;
    node.password = Secret{*password};
    return {};
}

Parsed parse_tcp(const UriParts& parts) {
    Node node;
    if (parts.scheme == "rediss://") node.tls.emplace();
    std::optional<std::string> wrong;
    if (parts.user) wrong = read_login(parts, node);
    if (!wrong) wrong = read_host(parts, node);
    if (!wrong && parts.path && !parts.path->empty()) wrong = read_db(*parts.path, node);
    if (!wrong && parts.query) wrong = read_options(*parts.query, node);
    if (wrong) return Error{*wrong};
    return node;
}

} // namespace

void TlsOptions::complete_from(const TlsOptions& defaults) {
    if (ca.empty()) ca = defaults.ca;
    if (cert.empty() && key.empty()) {
        cert = defaults.cert;
        key = defaults.key;
    }
    insecure = insecure || defaults.insecure;
}

std::string Node::display() const {
    if (is_unix())
        return fmt::format("unix://{}{}", percent_encoded(socket_path), db == 0 ? "" : fmt::format("?db={}", db));
    const bool v6 = host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}{}", tls ? "rediss" : "redis", v6 ? "[" : "", host, v6 ? "]" : "", port,
                       db == 0 ? "" : fmt::format("/{}", db));
}

std::string Node::uri() const {
    std::string text = display();
    char separator = text.find('?') == std::string::npos ? '?' : '&';
    const auto add = [&](const char* name, const std::string& value) {
        text += fmt::format("{}{}={}", std::exchange(separator, '&'), name, value);
    };
    const auto add_file = [&](const char* name, const std::string& file) {
        // The path becomes absolute, because the command may change its folder.
        if (!file.empty()) add(name, percent_encoded(std::filesystem::absolute(file).string()));
    };
    if (durable) add("durable", "yes");
    if (!tls) return text;
    add_file("ca", tls->ca);
    add_file("cert", tls->cert);
    add_file("key", tls->key);
    if (tls->insecure) add("insecure", "yes");
    return text;
}

Parsed parse_node(std::string_view uri) {
    for (const char c : uri)
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f)
            return Error{"a node's address has no spaces or control characters"};
    const UriParts parts = parts_of(uri);
    if (parts.scheme == "unix://") return parse_unix(parts);
    if (parts.scheme.empty() || parts.scheme == "redis://" || parts.scheme == "rediss://") return parse_tcp(parts);
    return Error{
        fmt::format("'{}' is not a kind of address; known are redis://, rediss://, unix:// and local:", parts.scheme)};
}

} // namespace holdfast
