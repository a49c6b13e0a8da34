// In place of src/redis/reply.hpp: a reply of a simulated node is what it says.
#pragma once

#include <memory>

namespace holdfast {

struct NodeReply;

struct Reply {
    std::shared_ptr<const NodeReply> reply;
};

} // namespace holdfast
