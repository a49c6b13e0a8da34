#include "config/node_list.hpp"

#include "base/uri.hpp"

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
    std::string uri = secret.reveal();
    if (const auto hidden = secret_in(uri))
        uri.replace(static_cast<size_t>(hidden->data() - uri.data()), hidden->size(), "***");
    return uri;
}

bool has_password(const Secret& uri) { return secret_in(uri.reveal()).has_value(); }

} // namespace holdfast
