#include "config/node_list.hpp"

#include "base/split.hpp"
#include "base/uri.hpp"

namespace holdfast {

std::vector<Secret> node_list(std::string_view text) {
    std::vector<Secret> nodes;
    for (std::string_view uri : split(text, ',')) {
        while (uri.starts_with(' ')) uri.remove_prefix(1);
        while (uri.ends_with(' ')) uri.remove_suffix(1);
        if (!uri.empty()) nodes.emplace_back(std::string{uri});
    }
    return nodes;
}

std::string masked(const Secret& secret) {
    const std::string& uri = secret.reveal();
    std::string shown;
    size_t at = 0;
    for (const std::string_view hidden : secrets_in(uri)) {
        const auto begin = static_cast<size_t>(hidden.data() - uri.data());
        shown += uri.substr(at, begin - at) + "***";
        at = begin + hidden.size();
    }
    return shown + uri.substr(at);
}

bool has_password(const Secret& uri) { return !secrets_in(uri.reveal()).empty(); }

} // namespace holdfast
