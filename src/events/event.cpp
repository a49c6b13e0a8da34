#include "events/event.hpp"

namespace holdfast {

EventKind kind(const Event& event) {
    return std::visit([](const auto& one) { return one.kind(); }, event);
}

std::string sentence(const Event& event) {
    return std::visit([](const auto& one) { return one.sentence(); }, event);
}

std::string lock(const Event& event) {
    return std::visit(
        [](const auto& one) -> std::string {
            if constexpr (requires { one.lock; }) return one.lock;
            else return "";
        },
        event);
}

EventFields fields(const Event& event) {
    return std::visit(
        [](const auto& one) {
            if constexpr (requires { one.fields(); }) return one.fields();
            else return EventFields{};
        },
        event);
}

} // namespace holdfast
