#include "redis/greeting.hpp"

#include "redis/explain.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace holdfast {
namespace {

std::optional<Refusal> refusal_of_hello(const Node& node, const Reply& reply) {
    if (reply.type == Reply::Type::list && node.guide) return {};
    if (reply.type == Reply::Type::list) return not_a_master(reply.field("mode"), reply.field("role"));
    if (reply.type != Reply::Type::error) return Refusal{"it does not answer HELLO as Redis does"};
    // A server that refuses HELLO speaks the older protocol, which is enough for locks; the server only cannot push
    // messages to us.
    if (refuses_command(reply)) return {};
    return meaning_of_greeting(reply, node);
}

std::optional<Refusal> refusal_of_auth(const Node& node, const Reply& reply) {
    if (reply.type != Reply::Type::error) return {};
    const auto says = [&](const char* words) { return reply.text.find(words) != std::string::npos; };
    if (says("no password is set") || says("without any password configured")) return {};
    return meaning_of_greeting(reply, node);
}

} // namespace

Request greeting(const Node& node, Manner manner, bool introduce) {
    Request request;
    std::vector<std::string_view> words;
    if (manner == Manner::hello) words = {"HELLO", "3"};
    if (node.logs_in()) {
        words.push_back("AUTH");
        if (manner == Manner::hello || !node.user.empty())
            words.push_back(node.user.empty() ? std::string_view{"default"} : node.user);
        words.push_back(node.password.reveal());
    }
    if (manner == Manner::hello) words.insert(words.end(), {"SETNAME", "holdfast"});
    if (!words.empty()) request.add(words);
    if (manner == Manner::bare) return request;
    if (node.db != 0) request.add({"SELECT", fmt::format("{}", node.db)});
    if (introduce) request.add({"INFO", "server"});
    return request;
}

bool leaves_password_open(const Node& node, Manner manner, const std::vector<Reply>& replies) {
    return manner == Manner::hello && node.logs_in() && refuses_command(replies.front());
}

std::optional<NodeFailure> refusal(const Node& node, Manner manner, const std::vector<Reply>& replies) {
    const Reply& reply = replies.back();
    std::optional<Refusal> why;
    if (replies.size() == 1)
        why = manner == Manner::hello ? refusal_of_hello(node, reply) : refusal_of_auth(node, reply);
    // The server may refuse INFO, whose answer is only the introduction, but not SELECT, which is the second command if
    // there is a database to choose.
    if (replies.size() == 2 && node.db != 0 && reply.type == Reply::Type::error) why = meaning(reply, node);
    return why ? std::optional{as_failure(*why)} : std::nullopt;
}

Introduction introduction_from(const std::vector<Reply>& replies) {
    const Reply& info = replies.back();
    Introduction said;
    said.run_id = info_field(info.text, "run_id").value_or("");
    if (const auto uptime = info_seconds(info.text, "uptime_in_seconds")) said.started = BootClock::now() - *uptime;
    return said;
}

std::optional<std::string_view> info_field(std::string_view info, std::string_view name) {
    const size_t at = info.find(fmt::format("\n{}:", name));
    if (at == std::string_view::npos) return {};
    info.remove_prefix(at + name.size() + 2);
    return info.substr(0, info.find_first_of("\r\n"));
}

std::optional<int64_t> info_number(std::string_view info, std::string_view name) {
    const auto text = info_field(info, name);
    int64_t number = 0;
    if (!text) return {};
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    return error == std::errc{} && number >= 0 ? std::optional{number} : std::nullopt;
}

std::optional<std::chrono::seconds> info_seconds(std::string_view info, std::string_view name) {
    constexpr std::chrono::seconds longest = std::chrono::years{100};
    const auto number = info_number(info, name);
    return number && *number <= longest.count() ? std::optional{std::chrono::seconds{*number}} : std::nullopt;
}

} // namespace holdfast
