// Commands for one node that go out in one write; the node answers them in their order.
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

    /// Adds one command; its words may hold any bytes.
    void add(std::span<const std::string_view> words);
    void add(std::initializer_list<std::string_view> words) { add(std::span{words.begin(), words.size()}); }
    /// Adds all commands of another request behind those of this one.
    void append(const Request& other) {
        bytes_ += other.bytes_;
        commands_ += other.commands_;
        sets_ = sets_ || other.sets_;
    }
    /// Marks the request as one that writes what replicas have to have: if the node's URI or --replicas asks for
    /// replicas, the connection adds a WAIT.
    void set() { sets_ = true; }
    bool sets() const { return sets_; }

    const std::string& bytes() const { return bytes_; }
    /// The name of the first command. Call only if there is a command.
    std::string_view name() const;
    /// Whether one more command can be added, so that a socket still takes the whole request in one write.
    bool has_room() const { return bytes_.size() < 32'000; }
    /// How many commands there are, so how many replies the node owes for them.
    size_t commands() const { return commands_; }

  private:
    std::string bytes_;
    size_t commands_ = 0;
    bool sets_ = false;
};

/// The number, or the milliseconds, in digits, as an argument of a command.
std::string argument(int64_t number);
std::string argument(std::chrono::milliseconds);
/// A glob, as SCAN takes it, that matches exactly that text.
std::string glob_escaped(std::string_view text);

} // namespace holdfast
