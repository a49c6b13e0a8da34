// The greeting, which is the first request on each connection: it gives our credentials, asks what the server is, and
// so tells whether the server may be asked for locks. Also reads the answer to INFO. Pure functions of requests and
// replies; redis/connection.hpp sends them.
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

/// What a server says of itself in the answer to INFO.
struct Introduction {
    std::string run_id;
    std::optional<BootTime> started; ///< the server started no later than this; nothing: the server does not say when
};

/// Which commands the greeting of a server has.
enum class Manner {
    hello, ///< HELLO with our credentials, SELECT for a database other than 0, and INFO for an introduction
    auth,  ///< AUTH in place of HELLO, for a server that refuses HELLO: the older protocol, without pushes
    bare,  ///< AUTH alone, or nothing without a password, for a proxy that closes the connection at all the others
};

/// The greeting in that manner, with INFO at its end if `introduce` is set, but not with Manner::bare. It may have no
/// command; then nothing is to be sent.
Request greeting(const Node&, Manner, bool introduce);

/// Why the server may not be asked for locks, judged by the last of the replies to the greeting that have come so far;
/// nothing if that reply is well. Call after each reply.
std::optional<NodeFailure> refusal(const Node&, Manner, const std::vector<Reply>& replies);

/// Whether our login went out with a HELLO that the server refuses as a command, so that it has not judged the
/// password. If the server then answers the next request with an error, greet it with AUTH. `replies` has at least the
/// reply to HELLO.
bool leaves_password_open(const Node&, Manner, const std::vector<Reply>& replies);

/// The introduction, by the replies to all commands of a greeting with `introduce`.
Introduction introduction_from(const std::vector<Reply>& replies);

/// The value of the field `name` in the answer to INFO, whose lines after the first are "name:value". The value points
/// into `info`; nothing if there is no such field.
std::optional<std::string_view> info_field(std::string_view info, std::string_view name);
/// The whole number that the field's value begins with; nothing if there is no such field, or it begins with no number,
/// or with a negative one.
std::optional<int64_t> info_number(std::string_view info, std::string_view name);
/// The field's number as seconds; nothing as for info_number(), and if it is more than 100 years.
std::optional<std::chrono::seconds> info_seconds(std::string_view info, std::string_view name);

} // namespace holdfast
