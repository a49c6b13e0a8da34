// What a server answers to INFO, and the first requests on each connection: they give our credentials, ask what the
// server is, and tell whether the server may be asked for locks. Pure functions of requests and replies;
// redis/connection.hpp sends them.
#pragma once

#include "base/clock.hpp"
#include "redis/node.hpp"
#include "redis/node_failure.hpp"
#include "redis/reply.hpp"
#include "redis/request.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// What a server says of itself.
struct Introduction {
    std::string run_id;
    std::optional<BootTime> started; ///< the server started no later than this; nothing: the server does not say when
};

/// How a server is greeted.
enum class Manner {
    hello, ///< HELLO with our credentials, SELECT for a database other than 0, and INFO for an introduction
    auth,  ///< AUTH in place of HELLO, for a server that refuses HELLO: the older protocol, without pushes
    bare,  ///< AUTH alone, or nothing without a password, for a proxy that closes the connection at all the others
};

/// The greeting, with INFO if `introduce` is set. If the greeting has no command, nothing is to be sent.
Request greeting(const Node&, Manner, bool introduce);

/// Why the server may not be asked for locks, by the last of the replies that have come so far; nothing when all is
/// well.
std::optional<NodeFailure> refusal(const Node&, Manner, const std::vector<Reply>& replies);

/// Whether the server refuses HELLO as such, so that it has not judged our password. If the server's answer to the next
/// request asks for a password, the server has to be greeted with AUTH.
bool leaves_password_open(const Node&, Manner, const std::vector<Reply>& replies);

/// The introduction in all replies to a greeting with `introduce`.
Introduction introduction_from(const std::vector<Reply>& replies);

/// Of the lines of "name:value" that a server answers to INFO: the value of a field, which points into `info`; nothing
/// where there is none.
std::optional<std::string_view> info_field(std::string_view info, std::string_view name);
/// The whole number that a field begins with; nothing where it begins with none.
std::optional<int64_t> info_number(std::string_view info, std::string_view name);
/// A field in seconds; nothing if the number is larger than any real duration.
std::optional<std::chrono::seconds> info_seconds(std::string_view info, std::string_view name);

} // namespace holdfast
