// In place of src/redis/request.hpp: a request to a simulated node is what it is to do.
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>

namespace holdfast {

namespace sim {
struct Task;
} // namespace sim

struct Request {
    Request() = default;
    Request(std::shared_ptr<const sim::Task> of) : task{std::move(of)} {} // NOLINT(google-explicit-constructor)
    /// A note, whatever it says.
    Request(std::initializer_list<std::string_view> words);

    std::shared_ptr<const sim::Task> task;
};

} // namespace holdfast
