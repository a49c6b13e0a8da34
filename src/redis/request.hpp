// Commands for one node that go out in one write and are answered in order.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace holdfast {

class Request {
  public:
    Request() = default;
    Request(std::initializer_list<std::string_view> words) { add(words); }

    /// One more command; words may hold any bytes.
    void add(std::span<const std::string_view> words);
    void add(std::initializer_list<std::string_view> words) { add(std::span{words.begin(), words.size()}); }
    /// All commands of another request.
    void append(const Request& other) {
        bytes_ += other.bytes_;
        commands_ += other.commands_;
        sets_ = sets_ || other.sets_;
    }
    /// Marks the request as one whose writes the replicas have to have, if the node has to have replicas.
    void set() { sets_ = true; }
    bool sets() const { return sets_; }

    const std::string& bytes() const { return bytes_; }
    /// The name of the first command, of which there has to be one.
    std::string_view name() const;
    /// Whether the request is so small that a socket still takes one more command at once.
    bool has_room() const { return bytes_.size() < 32'000; }
    /// How many replies the node owes for this request.
    size_t commands() const { return commands_; }

  private:
    std::string bytes_;
    size_t commands_ = 0;
    bool sets_ = false;
};

/// A number in digits, as an argument.
std::string argument(int64_t number);
std::string argument(std::chrono::milliseconds);
/// A glob that matches exactly that text.
std::string glob_escaped(std::string_view text);

} // namespace holdfast
