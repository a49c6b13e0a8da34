#include "cli/runs_around.hpp"

#include "config/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

namespace holdfast {
namespace {

/// The text as one word, with blanks and control characters encoded.
std::string as_word(std::string_view text) {
    std::string out;
    for (const char c : text)
        out +=
            c <= ' ' || c == '%' || c == 127 ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string{c};
    return out;
}

/// Cuts the text before the first colon, and the colon, off `rest`, and returns that text.
std::string_view cut(std::string_view& rest) {
    const std::string_view first = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(first.size() + 1, rest.size()));
    return first;
}

template <typename Number>
bool read(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

std::optional<RunAround> parse_one(std::string_view word) {
    RunAround run;
    if (!read(cut(word), run.process.pid) || run.process.pid <= 0 || !read(cut(word), run.process.start)) return {};
    const auto token = Token::parse(cut(word));
    if (!token || word.empty()) return {};
    run.token = *token;
    run.lock = word;
    return run;
}

} // namespace

std::string lock_on(const LockKey& key, std::vector<Node> nodes) {
    std::ranges::sort(nodes, {}, &Node::display);
    std::string text = key.key() + "@";
    for (const Node& node : nodes) text += (text.back() == '@' ? "" : ",") + node.display();
    return as_word(text);
}

std::string held_text(const std::vector<RunAround>& runs) {
    std::string text;
    for (const RunAround& run : runs)
        text += fmt::format("{}{}:{}:{}:{}", text.empty() ? "" : " ", run.process.pid, run.process.start,
                            run.token.text(), run.lock);
    return text;
}

std::vector<RunAround> parse_held(std::string_view text) {
    std::vector<RunAround> runs;
    std::istringstream words{std::string{text}};
    for (std::string word; words >> word;)
        if (const auto run = parse_one(word)) runs.push_back(*run);
    return runs;
}

std::vector<RunAround> runs_around() {
    std::vector<RunAround> runs = parse_held(environment_variable("HOLDFAST_HELD").value_or(""));
    std::erase_if(runs, [](const RunAround& run) { return !is_around_us(run.process); });
    return runs;
}

} // namespace holdfast
