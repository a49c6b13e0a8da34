#include "config/node_list.hpp"

#include <algorithm>

namespace holdfast {

std::vector<Secret> node_list(std::string_view text) {
    std::vector<Secret> nodes;
    for (size_t begin = 0; begin <= text.size();) {
        const size_t comma = std::min(text.find(',', begin), text.size());
        std::string_view uri = text.substr(begin, comma - begin);
        while (uri.starts_with(' ')) uri.remove_prefix(1);
        while (uri.ends_with(' ')) uri.remove_suffix(1);
        if (!uri.empty()) nodes.emplace_back(std::string{uri});
        begin = comma + 1;
    }
    return nodes;
}

std::string masked(const Secret& secret) {
    const std::string& uri = secret.reveal();
    if (uri.starts_with("unix://")) return uri;
    const size_t scheme = uri.find("://");
    const size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
    // A password may hold an '@' that nobody encoded; a host may not.
    const size_t at = uri.rfind('@');
    const size_t colon = uri.find(':', uri.substr(begin, 1) == "[" ? uri.find(']', begin) : begin);
    if (at != std::string::npos) {
        if (colon < at) return uri.substr(0, colon) + ":***" + uri.substr(at);
        // Behind a comma that nobody encoded the rest of a password looks like this.
        return scheme == std::string::npos ? "***" + uri.substr(at) : uri;
    }
    // And what is before it like this, or a URI whose '@' was forgotten.
    if (colon == std::string::npos || colon + 1 == uri.size()) return uri;
    const std::string port = uri.substr(colon + 1, uri.find_first_of("/?", colon) - colon - 1);
    const bool is_port = colon > begin && port.find_first_not_of("0123456789") == std::string::npos;
    return is_port ? uri : uri.substr(0, colon) + ":***";
}

bool has_password(const Secret& uri) { return masked(uri) != uri.reveal(); }

} // namespace holdfast
