#include "redis/node.hpp"

#include "base/escape.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>
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

/// What stands before the first `separator`; `text` keeps what is behind it, and nothing without one.
std::optional<std::string_view> cut_behind(std::string_view& text, char separator) {
    const size_t at = text.find(separator);
    if (at == std::string_view::npos) return {};
    const std::string_view behind = text.substr(at + 1);
    text = text.substr(0, at);
    return behind;
}

std::optional<std::string> read_db(std::string_view text, Node& node) {
    const auto db = number(text, largest_db);
    if (!db) return fmt::format("'{}' is not the number of a database", printable(text));
    node.db = *db;
    return {};
}

/// One "name=value" of those behind '?'. Returns what is wrong with it.
std::optional<std::string> read_option(std::string_view option, Node& node) {
    std::string_view name = option;
    const auto value = percent_decoded(cut_behind(name, '=').value_or(""));
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
        const auto rest = cut_behind(query, '&');
        if (auto wrong = read_option(query, node)) return wrong;
        if (!rest) return {};
        query = *rest;
    }
}

Parsed parse_unix(std::string_view rest) {
    Node node;
    const auto query = cut_behind(rest, '?');
    const auto path = percent_decoded(rest);
    if (!path) return Error{"in the path of a Unix socket '%' starts two hex digits; write %25 for '%'"};
    if (!path->starts_with('/'))
        return Error{"the path of a Unix socket is absolute, as in unix:///run/redis/redis.sock"};
    if (path->size() >= sizeof(sockaddr_un::sun_path))
        return Error{fmt::format("the path of a Unix socket has at most {} bytes, this one has {}",
                                 sizeof(sockaddr_un::sun_path) - 1, path->size())};
    node.socket_path = *path;
    if (query)
        if (const auto wrong = read_options(*query, node)) return Error{*wrong};
    return node;
}

bool is_ipv6(std::string text) {
    text = text.substr(0, text.find('%')); // without the zone
    in6_addr address{};
    return ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

/// "host", "host:port", "[v6]", "[v6]:port". What stands behind the host is not shown: where the '@' was forgotten it
/// is the password.
std::optional<std::string> read_host(std::string_view text, Node& node) {
    std::optional<std::string_view> port;
    if (text.starts_with('[')) {
        text.remove_prefix(1);
        const auto behind = cut_behind(text, ']');
        if (!behind) return "the bracket of the IPv6 address is not closed";
        if (!is_ipv6(std::string{text})) return fmt::format("'[{}]' is not an IPv6 address", printable(text));
        if (!behind->empty()) port = behind->starts_with(':') ? behind->substr(1) : "";
    } else {
        if (text.find(':') != text.rfind(':')) return "an IPv6 address stands in brackets, as in redis://[::1]:6379";
        port = cut_behind(text, ':');
    }
    if (text.empty()) return "the host is missing, as in redis://10.0.0.1:6379";
    if (printable(text, text.size()) != text) return fmt::format("'{}' cannot be the name of a host", printable(text));
    node.host = text;
    if (!port) return {};
    const auto value = number(*port, 65535).value_or(0);
    if (value == 0)
        return fmt::format("what stands behind the host '{}' is not a port (1 to 65535)", printable(node.host));
    node.port = static_cast<uint16_t>(value);
    return {};
}

std::optional<std::string> read_login(std::string_view login, Node& node) {
    // Either may be the end of a password, and half a password is not to be shown as a host or a file.
    if (login.find('?') != std::string_view::npos)
        return "it has a '?' before an '@'; write %3F in user and password, %40 in the name of a file";
    const auto password = percent_decoded(cut_behind(login, ':').value_or(""));
    const auto user = percent_decoded(login);
    if (!user || !password) return "in user and password '%' starts two hex digits; write %25 for '%'";
    node.user = *user;
    node.password = Secret{*password};
    return {};
}

Parsed parse_tcp(std::string_view rest, std::optional<TlsOptions> tls) {
    Node node;
    node.tls = std::move(tls);
    // A password may hold an '@' that nobody encoded; a host may not.
    if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
        if (const auto wrong = read_login(rest.substr(0, at), node)) return Error{*wrong};
        rest = rest.substr(at + 1);
    }
    const auto query = cut_behind(rest, '?');
    const auto path = cut_behind(rest, '/');
    if (const auto wrong = read_host(rest, node)) return Error{*wrong};
    if (path && !path->empty())
        if (const auto wrong = read_db(*path, node)) return Error{*wrong};
    if (query)
        if (const auto wrong = read_options(*query, node)) return Error{*wrong};
    return node;
}

bool is_scheme(std::string_view text) {
    return std::ranges::all_of(text,
                               [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+'; });
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
        // The command may change its folder.
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
    if (uri.starts_with("unix://")) return parse_unix(uri.substr(7));
    if (uri.starts_with("redis://")) return parse_tcp(uri.substr(8), {});
    if (uri.starts_with("rediss://")) return parse_tcp(uri.substr(9), TlsOptions{});
    if (const size_t scheme = uri.find("://"); scheme != std::string_view::npos && is_scheme(uri.substr(0, scheme)))
        return Error{fmt::format("'{}' is not a kind of address; known are redis://, rediss://, unix:// and local:",
                                 uri.substr(0, scheme + 3))};
    return parse_tcp(uri, {});
}

} // namespace holdfast
