#include "base/uri.hpp"

#include <algorithm>
#include <cctype>

namespace holdfast {
namespace {

using Part = std::optional<std::string_view>;

bool is_scheme(std::string_view text) {
    return std::ranges::all_of(text,
                               [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+'; });
}

std::string_view scheme_of(std::string_view uri) {
    const size_t end = uri.find("://");
    return end != std::string_view::npos && is_scheme(uri.substr(0, end)) ? uri.substr(0, end + 3) : "";
}

bool is_number(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

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
    // A password may hold an '@' that is not encoded; a host may not.
    std::string_view login = rest;
    if (const Part behind = cut_behind(login, rest.rfind('@'))) {
        parts.password = cut_behind(login, login.find(':'));
        parts.user = login;
        rest = *behind;
    }
    parts.query = cut_behind(rest, rest.find('?'));
    parts.path = cut_behind(rest, rest.find('/'));
    const size_t bracket = rest.starts_with('[') ? std::min(rest.find(']'), rest.size()) : 0;
    parts.port = cut_behind(rest, rest.find(':', bracket));
    parts.host = rest;
    constexpr std::string_view local = "local:";
    if (uri.starts_with(local) && !parts.user) parts.scheme = uri.substr(0, local.size());
    return parts;
}

Part secret_in(std::string_view uri) {
    const UriParts parts = parts_of(uri);
    // No user begins with a bracket: this one is the middle of a password, of which a comma cut off the front.
    if (parts.password && uri.starts_with('['))
        return uri.substr(0, static_cast<size_t>(parts.password->data() - uri.data()) + parts.password->size());
    if (parts.password) return parts.password;
    // A comma in a password ends the URI, unless it is encoded, and the rest of the password looks like a bare user.
    if (parts.user) return parts.scheme.empty() ? parts.user : std::nullopt;
    if (parts.scheme == "unix://" || (parts.port && is_number(*parts.port) && !parts.host.empty())) return {};
    // A password cut off at a comma, or without its '@', looks like a port that is no number.
    const auto behind_host = static_cast<size_t>(parts.host.data() - uri.data()) + parts.host.size();
    std::string_view before = uri;
    const Part secret = cut_behind(before, uri.find(':', behind_host));
    return secret && secret->empty() ? std::nullopt : secret;
}

} // namespace holdfast
