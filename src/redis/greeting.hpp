// The first requests on each connection: they give our credentials, ask what the server is, and tell whether the server
// may be asked for locks. Pure functions of requests and replies; redis/connection.hpp sends them.
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
    std::optional<BootTime> started; ///< the server started no later than this; nothing: it does not say when
};

/// HELLO with our credentials, SELECT for a database other than 0, and with `introduce` INFO for an introduction.
Request greeting(const Node&, bool introduce);

/// Why the server may not be asked for locks, by the last of the replies that have come so far; nothing when all is
/// well.
std::optional<NodeFailure> refusal(const Node&, const std::vector<Reply>& replies);

/// The introduction in all replies to a greeting with `introduce`.
Introduction introduction_from(const std::vector<Reply>& replies);

} // namespace holdfast
