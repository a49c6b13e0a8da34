// In place of src/redis/request.hpp: a request to a simulated node is what it is to do.
#pragma once

#include <memory>

namespace holdfast {

namespace sim {
struct Task;
} // namespace sim

struct Request {
    std::shared_ptr<const sim::Task> task;
};

} // namespace holdfast
