#include "redis/greeting.hpp"

#include "redis/explain.hpp"
#include "redis/info.hpp"

#include <fmt/format.h>

#include <string_view>

namespace holdfast {
namespace {

/// The value of a field in the answer to HELLO; empty if the field is missing.
std::string_view field(const Reply& hello, std::string_view name) {
    const Reply* value = hello.find(name);
    return value == nullptr ? std::string_view{} : value->text;
}

std::optional<Refusal> refusal_of_hello(const Node& node, const Reply& reply) {
    if (reply.type == Reply::Type::list && node.guide) return {};
    if (reply.type == Reply::Type::list) return not_a_master(field(reply, "mode"), field(reply, "role"));
    if (reply.type != Reply::Type::error) return Refusal{"it does not answer HELLO as Redis does"};
    // The older protocol is enough for locks; the server only cannot push messages to us then.
    if (reply.is_error("NOPROTO") || (reply.text.starts_with("ERR unknown command") && !node.logs_in())) return {};
    return meaning_of_hello(reply, node);
}

} // namespace

Request greeting(const Node& node, bool introduce) {
    Request hello;
    std::vector<std::string_view> words{"HELLO", "3"};
    const std::string_view user = node.user.empty() ? std::string_view{"default"} : node.user;
    if (node.logs_in()) words.insert(words.end(), {"AUTH", user, node.password.reveal()});
    words.insert(words.end(), {"SETNAME", "holdfast"});
    hello.add(words);
    if (node.db != 0) hello.add({"SELECT", fmt::format("{}", node.db)});
    if (introduce) hello.add({"INFO", "server"});
    return hello;
}

std::optional<NodeFailure> refusal(const Node& node, const std::vector<Reply>& replies) {
    const Reply& reply = replies.back();
    std::optional<Refusal> why;
    if (replies.size() == 1) why = refusal_of_hello(node, reply);
    // The server may refuse the introduction, but not the SELECT of a database, which comes before it.
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

} // namespace holdfast
