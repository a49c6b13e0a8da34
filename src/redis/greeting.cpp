#include "redis/greeting.hpp"

#include "base/escape.hpp"
#include "redis/explain.hpp"
#include "redis/info.hpp"

#include <fmt/format.h>

#include <string_view>

namespace holdfast {
namespace {

using Kind = NodeFailure::Kind;

std::optional<NodeFailure> refusal_of_hello(const Node& node, const Reply& error) {
    if (error.is_error("NOAUTH"))
        return NodeFailure{Kind::denied, "it asks for a password and none was given; HOLDFAST_PASSWORD or "
                                         "--password-file takes one"};
    if (error.is_error("WRONGPASS"))
        return NodeFailure{Kind::denied, fmt::format("it does not let user '{}' in with the password from the node's "
                                                     "URI or else from HOLDFAST_PASSWORD or --password-file",
                                                     node.user.empty() ? "default" : printable(node.user))};
    if (error.is_error("DENIED"))
        return NodeFailure{Kind::no_vote, "it is in protected mode and takes only clients of its own host; "
                                          "give it a password"};
    if (error.text.starts_with("ERR max number of clients"))
        return NodeFailure{Kind::no_vote, "it has all the clients that its maxclients allows"};
    // An older protocol does for locks; only what must be pushed to us is missing then.
    if (error.is_error("NOPROTO") || (error.text.starts_with("ERR unknown command") && node.password.empty()))
        return {};
    // Only the code: the rest may repeat our words, and one of them is the password.
    const std::string code = printable(error.text.substr(0, error.text.find(' ')), 40);
    return NodeFailure{error.is_error("NOPERM") ? Kind::denied : Kind::no_vote,
                       fmt::format("it refuses HELLO ({})", code)};
}

std::optional<NodeFailure> refusal_of_database(const Node& node, const Reply& reply) {
    if (reply.type != Reply::Type::error) return {};
    if (reply.text.starts_with("ERR DB index"))
        return NodeFailure{Kind::denied,
                           fmt::format("it has no database {}; see 'databases' in its configuration", node.db)};
    return NodeFailure{reply.is_error("NOPERM") ? Kind::denied : Kind::no_vote, explained(reply)};
}

} // namespace

Request greeting(const Node& node, bool introduce) {
    Request hello;
    std::vector<std::string_view> words{"HELLO", "3"};
    const std::string_view user = node.user.empty() ? std::string_view{"default"} : node.user;
    if (!node.password.empty()) words.insert(words.end(), {"AUTH", user, node.password.reveal()});
    words.insert(words.end(), {"SETNAME", "holdfast"});
    hello.add(words);
    if (node.db != 0) hello.add({"SELECT", fmt::format("{}", node.db)});
    if (introduce) hello.add({"INFO", "server"});
    return hello;
}

std::optional<NodeFailure> refusal(const Node& node, const std::vector<Reply>& replies) {
    const Reply& reply = replies.back();
    if (replies.size() == 2 && node.db != 0) return refusal_of_database(node, reply);
    // An introduction may be refused.
    if (replies.size() > 1) return {};
    if (reply.type == Reply::Type::error) return refusal_of_hello(node, reply);
    if (reply.type != Reply::Type::list) return NodeFailure{Kind::no_vote, "it does not answer HELLO as Redis does"};
    const Reply* mode = reply.find("mode");
    if (mode != nullptr && mode->text == "sentinel")
        return NodeFailure{Kind::no_vote, "it is a Sentinel, which keeps no locks; name a Redis server instead"};
    const Reply* role = reply.find("role");
    if (role != nullptr && role->text != "master")
        return NodeFailure{Kind::no_vote,
                           fmt::format("it is a {} and has no vote; name its master instead", printable(role->text))};
    return {};
}

Introduction introduction_from(const std::vector<Reply>& replies) {
    const Reply& info = replies.back();
    Introduction said;
    said.run_id = info_field(info.text, "run_id").value_or("");
    if (const auto uptime = info_seconds(info.text, "uptime_in_seconds")) said.started = BootClock::now() - *uptime;
    return said;
}

} // namespace holdfast
