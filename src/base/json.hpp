// JSON that holdfast writes for other programs. Objects keep the order in which their fields were first added. Every
// caller writes times as texts (RFC 3339 in UTC), and durations as numbers of milliseconds in fields whose names end in
// _ms.
//
// Wraps the small part of nlohmann/json that is needed, so that a file that writes JSON need not include all of that
// library.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast {

/// One JSON value: null, true or false, a text, a whole number, an object or a list.
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

    /// Adds a field to this object, or replaces the field of that name.
    void add(std::string_view name, const Json& value);
    /// Adds an item to the end of this list.
    void add(const Json& value);

    /// The value as one line of ASCII that ends with a newline; other characters, and control characters in texts,
    /// become \ sequences. Bytes that are not valid UTF-8 become U+FFFD.
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
