#include "base/json.hpp"

#include <nlohmann/json.hpp>

namespace holdfast {

using nlohmann::ordered_json;

struct Json::Value {
    ordered_json json;
};

Json::Json(Value value) : value_{std::make_unique<Value>(std::move(value))} {}
Json::Json() : Json{Value{nullptr}} {}
Json::Json(std::string_view text) : Json{Value{text}} {}
Json::Json(bool value) : Json{Value{value}} {}
Json::Json(int64_t number) : Json{Value{number}} {}

Json Json::object(std::initializer_list<Field> fields) {
    Json object{Value{ordered_json::object()}};
    for (const Field& field : fields) object.add(field.name, field.value);
    return object;
}

Json Json::list() { return Json{Value{ordered_json::array()}}; }

Json::Json(const Json& other) : Json{Value{*other.value_}} {}
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;

void Json::add(std::string_view name, const Json& value) { value_->json[std::string{name}] = value.value_->json; }
void Json::add(const Json& value) { value_->json.push_back(value.value_->json); }

std::string Json::line() const {
    return value_->json.dump(-1, ' ', true, ordered_json::error_handler_t::replace) + "\n";
}

} // namespace holdfast
