// What a Redis server answers, as a value.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace holdfast {

struct Reply {
    enum class Type { text, error, integer, nil, list, push };
    Type type = Type::nil;
    std::string text;         ///< text and error
    int64_t integer = 0;      ///< integer
    std::vector<Reply> items; ///< list and push; a map is a list of keys and values in turn

    bool is_error(std::string_view code) const;
    /// The integer, or the number that a text stands for (scores come as doubles, perhaps with an exponent); 0 for a
    /// text that is no number, or a number that a double cannot count to.
    int64_t number() const;
    /// The value that follows `key` in a map; nothing where there is none.
    const Reply* find(std::string_view key) const;
    /// The text of the value that follows `key`; empty where there is none.
    std::string_view field(std::string_view key) const;
    /// The number of the value that follows `key`, limited to 0 to 2^40; 0 where there is none.
    int64_t count(std::string_view key) const;
};

/// Cuts the bytes of one connection into replies. Limits the nesting, and the bytes and elements since expect().
class ReplyReader {
  public:
    ReplyReader();
    /// Bytes from here on belong to another request, so the count begins anew.
    void expect();
    void feed(std::string_view bytes);
    /// The next whole reply, or nothing yet. After broken() there are no more.
    std::optional<Reply> next();
    /// What is wrong with the bytes; empty while all is well.
    const std::string& broken() const { return broken_; }

  private:
    struct Free {
        void operator()(redisReader*) const;
    };
    std::unique_ptr<size_t> elements_left_;
    std::unique_ptr<redisReader, Free> reader_;
    size_t bytes_ = 0;
    std::string broken_;
};

} // namespace holdfast
