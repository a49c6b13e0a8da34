// One reply of a Redis server, as a value.
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
    std::string text;         ///< of a text or an error
    int64_t integer = 0;      ///< of an integer
    std::vector<Reply> items; ///< of a list or a push; a map is a list of keys and values in turn

    /// Whether this is an error whose text begins with the word or words of `code`.
    bool is_error(std::string_view code) const;
    /// The integer, or the number that a text begins with, without its fraction (scores come as doubles, perhaps with
    /// an exponent). 0 for a text that begins with no number, and for a number beyond 9e15, where a double does not
    /// have every whole number.
    int64_t number() const;
    /// The value that follows `key` in a map; null if there is none.
    const Reply* find(std::string_view key) const;
    /// The text of the value that follows `key` in a map; empty if there is none.
    std::string_view field(std::string_view key) const;
    /// The number() of the value that follows `key` in a map, limited to 0 to 2^40; 0 if there is none.
    int64_t count(std::string_view key) const;
};

/// Cuts the bytes of one connection into replies. Limits how deep lists may nest, and how many bytes and elements may
/// come between two calls of expect(); beyond a limit the reader is broken().
class ReplyReader {
  public:
    ReplyReader();
    /// Call when the last reply to a request was taken: the bytes and elements from here on are counted anew.
    void expect();
    void feed(std::string_view bytes);
    /// The next whole reply; nothing if there is none yet, or the reader is broken().
    std::optional<Reply> next();
    /// What is wrong with the bytes, for good; empty while all is well.
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
