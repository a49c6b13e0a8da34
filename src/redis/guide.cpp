#include "redis/guide.hpp"

#include <fmt/format.h>

namespace holdfast {

Node guide(const HostPort& at, const Node& like) {
    Node node = like;
    node.guide = true;
    node.host = at.host;
    node.port = at.port;
    return node;
}

Node like_sentinel(const Node& node) {
    Node like;
    like.user = node.sentinel.user;
    like.password = node.sentinel.password;
    like.password_file = node.sentinel.password_file;
    like.tls = node.sentinel.tls;
    return like;
}

std::vector<Node> guides(const std::vector<HostPort>& seeds, const Node& like) {
    std::vector<Node> all;
    for (const HostPort& at : seeds) all.push_back(guide(at, like));
    return all;
}

std::string failures(const NodeSet& guides, const Answers& answers) {
    std::string text;
    for (size_t i = 0; i < answers.size(); ++i)
        if (answers[i] && !answers[i]->replies)
            text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", guides.node(i).display(),
                                answers[i]->replies.error().text);
    return text;
}

} // namespace holdfast
