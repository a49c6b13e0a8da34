// What one node did in an operation, such as an acquire, in words for people.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct NodeReport {
    std::string node; ///< as displayed, without password
    std::string text; ///< "granted in 0.4 ms", "connection refused"
};

/// For below a sentence: one line for each node, each with a line break before it and none after it.
inline std::string node_lines(const std::vector<NodeReport>& nodes) {
    size_t width = 0;
    for (const NodeReport& node : nodes) width = std::max(width, node.node.size());
    std::string lines;
    for (const NodeReport& node : nodes) lines += fmt::format("\n  {:{}}  {}", node.node, width, node.text);
    return lines;
}

/// A sentence and the lines below it, joined to one line: "; " takes the place of each line break and indentation.
inline std::string on_one_line(std::string_view sentence) {
    std::string line;
    for (const char c : sentence) {
        const bool indents = line.ends_with("; ") && c == ' ';
        if (c == '\n') line += "; ";
        else if (!indents) line += c;
    }
    return line;
}

} // namespace holdfast
