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
    std::string advice{}; ///< what to do about it; empty if that is not known
    NodeFailure::Kind kind = NodeFailure::Kind::no_vote;
    enum class Helps { repair, time, another_server } helps = Helps::repair;
};

/// The meaning of any error but one to HELLO or AUTH; quotes the server's words if holdfast has no own words for the
/// error. `node` is the one that was asked, for errors about its user or database.
Refusal meaning(const Reply& error, const Node& node = {});
/// The meaning of an error to HELLO or AUTH; quotes only the error's code if the rest repeats a part of our password.
Refusal meaning_of_greeting(const Reply& error, const Node&);
/// Whether an error says that the server does not take that command. Servers have various words for it, so an error
/// counts unless it has another known cause, such as a server that is loading or a key that our user may not touch.
bool refuses_command(const Reply&);
/// Why a server of this mode and role has no vote; nothing if the server is a master, or does not say its role.
std::optional<Refusal> not_a_master(std::string_view mode, std::string_view role);

/// A failure with the refusal's text and advice, for a node's line.
NodeFailure as_failure(const Refusal&);
/// The advice if our user lacks a right that a request needs.
constexpr std::string_view give_rights = "give our user the rights that holdfast doctor --acl prints";

/// MOVED and ASK: a server of a cluster says where a key is.
struct Redirection {
    HostPort to;         ///< an empty host: the host of the server that says it
    bool asking = false; ///< ASK: the key's slot is on its way, and the other server answers only behind ASKING
};

/// What an error says of the place of a key; nothing if it says nothing that helps.
std::optional<Redirection> redirection(const Reply& error);

/// A sentence with advice, if these first bytes show TLS, a web server or another server that is not Redis; nothing if
/// the bytes do not tell.
std::optional<std::string> stranger(std::string_view first_bytes);

} // namespace holdfast
