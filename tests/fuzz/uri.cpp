#include "config/node_list.hpp"
#include "fuzz/targets.hpp"
#include "redis/node.hpp"

void holdfast::fuzz::uri(std::string_view input) {
    for (const Secret& one : node_list(input)) {
        masked(one);
        const auto node = parse_node(one.reveal());
        if (!node) {
            require_printable(node.error());
            continue;
        }
        require_printable(node->display());
        const auto again = parse_node(node->uri());
        require(again.has_value());
        require(again->display() == node->display());
        require(again->uri() == node->uri());
    }
}
