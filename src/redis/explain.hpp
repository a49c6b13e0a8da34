// What a server's refusal means and what to do about it: pure functions from what the server said to words of ours, the
// same for every command of holdfast. The results are parts of a node's line: no capital, no final point, nothing
// unprintable.
#pragma once

#include "redis/node.hpp"
#include "redis/node_failure.hpp"
#include "redis/reply.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

struct Refusal {
    std::string text{};   ///< what is the matter
    std::string advice{}; ///< what to do about it; empty where that is not known
    NodeFailure::Kind kind = NodeFailure::Kind::no_vote;
    enum class Helps { repair, time, another_server } helps = Helps::repair;
};

/// Of any answer but that to HELLO: the server's words are quoted where there are none of ours. `node`: the one that
/// was asked, for answers that are about its user or database.
Refusal meaning(const Reply& error, const Node& node = {});
/// Of the answer to HELLO, which may repeat a password: of its words the code alone is quoted.
Refusal meaning_of_hello(const Reply& error, const Node&);
/// Why a server that says so of itself has no vote; nothing when it is a master, or does not say.
std::optional<Refusal> not_a_master(std::string_view mode, std::string_view role);

/// Text and advice, for a node's line.
NodeFailure as_failure(const Refusal&);
/// What to do where our user may not do what it was asked to do.
constexpr std::string_view give_rights = "give our user the rights that holdfast doctor --acl prints";

/// What answers there, by the first bytes that it sent; nothing when they tell nothing.
std::optional<std::string> stranger(std::string_view first_bytes);

} // namespace holdfast
