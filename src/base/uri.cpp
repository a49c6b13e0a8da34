#include "base/uri.hpp"

#include "base/numbered.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace holdfast {
namespace {

using Part = std::optional<std::string_view>;

bool is_scheme(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-'; });
}

std::string_view scheme_of(std::string_view uri) {
    const size_t end = uri.find("://");
    return end != std::string_view::npos && is_scheme(uri.substr(0, end)) ? uri.substr(0, end + 3) : "";
}

bool has_number(const UriHost& host) { return host.port && is_number(*host.port); }

/// Whether a URI of that scheme names Sentinels or nodes of a cluster, which tell where the node's server is, and not
/// the server's own host.
bool has_several_hosts(std::string_view scheme) {
    constexpr std::array those{"sentinel://", "sentinels://", "cluster://", "clusters://"};
    return std::ranges::find(those, scheme) != those.end();
}

UriHost host_in(std::string_view text) {
    const size_t bracket = text.starts_with('[') ? std::min(text.find(']'), text.size()) : 0;
    const Part port = cut_behind(text, text.find(':', bracket));
    return {text, port};
}

std::vector<UriHost> hosts_in(std::string_view text, bool several) {
    std::vector<UriHost> hosts;
    while (true) {
        const Part more = cut_behind(text, several ? text.find('+') : text.npos);
        hosts.push_back(host_in(text));
        if (!more) return hosts;
        text = *more;
    }
}

/// Whether the text has hosts and ports as it should, so that none of it is a password: each port is a number, and a
/// host that stands alone has a name and a port. Other text in a port's place may be the rest of a password that a
/// comma has cut.
bool ports_are_ports(const UriParts& parts) {
    if (has_several_hosts(parts.scheme))
        return std::ranges::all_of(parts.hosts, [](const UriHost& host) { return !host.port || has_number(host); });
    return has_number(parts.hosts.front()) && !parts.hosts.front().name.empty();
}

/// The password before the '@', or a text before the options that may be a password or a part of one; nothing if there
/// is none.
Part secret_before_hosts(std::string_view uri) {
    const UriParts parts = parts_of(uri);
    // A list of nodes is split at each comma, also at one in a password. No user begins with a bracket, so this text is
    // the rest of such a password, up to the '@'.
    if (parts.password && uri.starts_with('['))
        return uri.substr(0, static_cast<size_t>(parts.password->data() - uri.data()) + parts.password->size());
    if (parts.password) return parts.password;
    // A list of nodes is split at a comma in a password, unless the comma is encoded. The rest of the password then
    // looks like a user without a scheme, so such a user may be a part of a password.
    if (parts.user) return parts.scheme.empty() ? parts.user : std::nullopt;
    if (parts.scheme == "unix://" || ports_are_ports(parts)) return {};
    // A password that is cut off at a comma, or has no '@' behind it, looks like a port that is no number, so all
    // behind that ':' may be a password.
    const std::string_view host = parts.hosts.front().name;
    const auto behind_host = static_cast<size_t>(host.data() - uri.data()) + host.size();
    std::string_view before = uri;
    const Part secret = cut_behind(before, uri.find(':', behind_host));
    return secret && secret->empty() ? std::nullopt : secret;
}

/// All behind "password=" among the options, up to the end of the URI, because the password may contain a plain '&'.
Part secret_option(std::string_view uri) {
    constexpr std::string_view option = "password=";
    const size_t at = uri.find(option);
    return at == uri.npos ? std::nullopt : std::optional{uri.substr(at + option.size())};
}

} // namespace

Part cut_behind(std::string_view& text, size_t at) {
    if (at == std::string_view::npos) return {};
    const std::string_view behind = text.substr(at + 1);
    text = text.substr(0, at);
    return behind;
}

UriParts parts_of(std::string_view uri) {
    UriParts parts{.scheme = scheme_of(uri)};
    std::string_view rest = uri.substr(parts.scheme.size());
    if (parts.scheme == "unix://") {
        parts.query = cut_behind(rest, rest.find('?'));
        parts.path = rest;
        return parts;
    }
    // A password may hold an '@' that is not encoded, and a host may not, so the last '@' ends the login.
    std::string_view login = rest;
    if (const Part behind = cut_behind(login, rest.rfind('@'))) {
        parts.password = cut_behind(login, login.find(':'));
        parts.user = login;
        rest = *behind;
    }
    parts.query = cut_behind(rest, rest.find('?'));
    parts.path = cut_behind(rest, rest.find('/'));
    parts.hosts = hosts_in(rest, has_several_hosts(parts.scheme));
    constexpr std::string_view local = "local:";
    if (uri.starts_with(local) && !parts.user) parts.scheme = uri.substr(0, local.size());
    return parts;
}

std::vector<std::string_view> secrets_in(std::string_view uri) {
    const Part first = secret_before_hosts(uri);
    const Part second = secret_option(uri);
    if (!first && !second) return {};
    if (!first || !second) return {first ? *first : *second};
    if (first->data() + first->size() < second->data()) return {*first, *second};
    // One secret is in the other, or the two overlap, so all from the first one on is secret.
    return {uri.substr(static_cast<size_t>(std::min(first->data(), second->data()) - uri.data()))};
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

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                           std::string_view{"/._-~+:"}.find(c) != std::string_view::npos;
        out += plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

} // namespace holdfast
