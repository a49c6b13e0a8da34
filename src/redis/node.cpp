#include "redis/node.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>
#include <sys/un.h>

#include <charconv>
#include <optional>

namespace holdfast {
namespace {

using Parsed = tl::expected<Node, std::string>;

tl::unexpected<std::string> error(std::string text) { return tl::unexpected{std::move(text)}; }

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

Parsed parse_unix(std::string_view rest) {
    Node node;
    const size_t query = rest.find('?');
    node.socket_path = rest.substr(0, query);
    if (!node.socket_path.starts_with('/'))
        return error("the path of a Unix socket is absolute, as in unix:///run/redis/redis.sock");
    if (node.socket_path.size() >= sizeof(sockaddr_un::sun_path))
        return error(fmt::format("the path of a Unix socket has at most {} bytes, this one has {}",
                                 sizeof(sockaddr_un::sun_path) - 1, node.socket_path.size()));
    if (query == std::string_view::npos) return node;
    const std::string_view option = rest.substr(query + 1);
    const auto db = option.starts_with("db=") ? number(option.substr(3), 1'000'000) : std::nullopt;
    if (!db) return error("after '?' only db=N is known, as in unix:///run/redis/redis.sock?db=1");
    node.db = *db;
    return node;
}

/// "host", "host:port", "[v6]", "[v6]:port"
Parsed parse_host(std::string_view text, Node node) {
    std::string_view port;
    if (text.starts_with('[')) {
        const size_t close = text.find(']');
        if (close == std::string_view::npos) return error("the bracket of the IPv6 address is not closed");
        node.host = text.substr(1, close - 1);
        port = text.substr(close + 1);
    } else {
        const size_t colon = text.find(':');
        if (colon != text.rfind(':')) return error("an IPv6 address stands in brackets, as in redis://[::1]:6379");
        node.host = text.substr(0, colon);
        port = colon == std::string_view::npos ? "" : text.substr(colon);
    }
    if (node.host.empty()) return error("the host is missing, as in redis://10.0.0.1:6379");
    if (port.empty()) return node;
    const auto value = port.starts_with(':') ? number(port.substr(1), 65535) : std::nullopt;
    // Not shown: where the host was forgotten, this is the password.
    if (!value || *value == 0)
        return error(fmt::format("what stands behind the host '{}' is not a port (1 to 65535)", printable(node.host)));
    node.port = static_cast<uint16_t>(*value);
    return node;
}

Parsed parse_redis(std::string_view rest) {
    Node node;
    // A password may hold an '@' that nobody encoded; a host may not.
    if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
        const std::string_view login = rest.substr(0, at);
        const size_t colon = login.find(':');
        const auto user = percent_decoded(login.substr(0, colon));
        const auto password =
            percent_decoded(colon == std::string_view::npos ? std::string_view{} : login.substr(colon + 1));
        if (!user || !password) return error("in user and password '%' starts two hex digits; write %25 for '%'");
        node.user = *user;
        node.password = Secret{*password};
        rest = rest.substr(at + 1);
    }
    if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
        const std::string_view path = rest.substr(slash + 1);
        const auto db = path.empty() ? 0 : number(path, 1'000'000);
        if (!db) return error("what stands behind '/' is not the number of a database");
        node.db = *db;
        rest = rest.substr(0, slash);
    }
    return parse_host(rest, std::move(node));
}

} // namespace

std::string Node::display() const {
    if (is_unix()) return fmt::format("unix://{}{}", socket_path, db == 0 ? "" : fmt::format("?db={}", db));
    const bool v6 = host.find(':') != std::string::npos;
    return fmt::format("redis://{}{}{}:{}{}", v6 ? "[" : "", host, v6 ? "]" : "", port,
                       db == 0 ? "" : fmt::format("/{}", db));
}

Parsed parse_node(std::string_view uri) {
    for (const char c : uri)
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f)
            return error("a node's address has no spaces or control characters");
    if (uri.starts_with("unix://")) return parse_unix(uri.substr(7));
    if (uri.starts_with("redis://")) return parse_redis(uri.substr(8));
    if (uri.starts_with("rediss://")) return error("TLS (rediss://) is not supported by this version");
    if (const size_t scheme = uri.find("://"); scheme != std::string_view::npos)
        return error(fmt::format("'{}' is not a kind of address; known are redis://, unix:// and local:",
                                 printable(uri.substr(0, scheme + 3))));
    return parse_redis(uri);
}

} // namespace holdfast
