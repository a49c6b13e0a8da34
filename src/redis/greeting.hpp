// The first requests on each connection: they give our credentials, ask what the server is, and tell whether it may be
// asked for locks. Pure functions of requests and replies; redis/connection.hpp sends them.
#pragma once

#include "base/clock.hpp"
#include "redis/node.hpp"
#include "redis/node_failure.hpp"
#include "redis/reply.hpp"
#include "redis/request.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

/// What a server says of itself.
struct Introduction {
    std::string run_id;
    std::optional<BootTime> started; ///< no later than this; nothing: it does not say
};

/// HELLO with our credentials, the database, and with `introduce` the questions for an introduction.
Request greeting(const Node&, bool introduce);

/// Why the server may not be asked, by the last of the replies that have come so far; nothing when all is well.
std::optional<NodeFailure> refusal(const Node&, const std::vector<Reply>& replies);

/// After all replies to a greeting with `introduce`.
Introduction introduction_from(const std::vector<Reply>& replies);

} // namespace holdfast
