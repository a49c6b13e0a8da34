// JSON for other programs. Objects keep the order in which their fields were written. Times are RFC 3339 in UTC,
// durations numbers in fields whose names end in _ms.
//
// Wraps a small part of a large library, so that a file that writes JSON need not include all of it.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast {

/// null, a text, a number, an object or a list.
class Json {
  public:
    struct Field;

    Json();
    // NOLINTBEGIN(google-explicit-constructor): what is written into a field is a value
    Json(std::string_view text);
    Json(const std::string& text) : Json{std::string_view{text}} {}
    Json(const char* text) : Json{std::string_view{text}} {}
    Json(bool);
    Json(int64_t number);
    Json(std::integral auto number) : Json{static_cast<int64_t>(number)} {}
    // NOLINTEND(google-explicit-constructor)
    static Json object(std::initializer_list<Field>);
    static Json list();

    Json(const Json&);
    Json(Json&&) noexcept;
    Json& operator=(const Json&) = delete;
    Json& operator=(Json&&) noexcept;
    ~Json();

    /// Adds a field to an object.
    void add(std::string_view name, const Json& value);
    /// Adds an item to a list.
    void add(const Json& value);

    /// One line of ASCII with its newline, without control characters. Bytes that are no UTF-8 are replaced.
    std::string line() const;

  private:
    struct Value;
    explicit Json(Value);

    std::unique_ptr<Value> value_;
};

struct Json::Field {
    std::string_view name;
    Json value;
};

} // namespace holdfast
