// In place of src/redis/reply.hpp: a reply of a simulated node is what it says.
#pragma once

#include <memory>

namespace holdfast {

struct Said;

struct Reply {
    std::shared_ptr<const Said> said;
};

} // namespace holdfast
