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
    // A password may hold an '@' that nobody encoded; a host may not.
    const size_t at = uri.rfind('@');
    if (at == std::string::npos) return uri;
    const size_t scheme = uri.find("://");
    const size_t colon = uri.find(':', scheme == std::string::npos ? 0 : scheme + 3);
    return colon < at ? uri.substr(0, colon) + ":***" + uri.substr(at) : uri;
}

bool has_password(const Secret& uri) { return masked(uri) != uri.reveal(); }

} // namespace holdfast
