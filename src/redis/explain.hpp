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

/// The meaning of any error but one to HELLO or AUTH; quotes the server's words if holdfast has no text of its own for
/// the error. `node` is the node that was asked: its user or database stands in the texts about these.
Refusal meaning(const Reply& error, const Node& node = {});
/// The meaning of an error to HELLO or AUTH; of an error that repeats a part of our password quotes only the first
/// word, which is its code.
Refusal meaning_of_greeting(const Reply& error, const Node&);
/// Whether the reply is an error because the server does not know that command or does not allow it to our user.
/// Servers have various words for that, so any error counts that has no other known cause, such as a server that is
/// loading or a key that our user may not touch.
bool refuses_command(const Reply&);
/// Why a server of this mode and role, as HELLO tells them, has no vote; nothing if it is a master, or does not tell
/// its role.
std::optional<Refusal> not_a_master(std::string_view mode, std::string_view role);

/// The refusal as a NodeFailure, whose text is the refusal's text and advice.
NodeFailure as_failure(const Refusal&);
/// The advice if our user lacks a right that a request needs.
constexpr std::string_view give_rights = "give our user the rights that holdfast doctor --acl prints";

/// What the errors MOVED and ASK say: the server of a cluster that has a key.
struct Redirection {
    HostPort to;         ///< an empty host: the host of the server that says it
    bool asking = false; ///< ASK: the slot is on its way to that server, which answers for the key only behind ASKING
};

/// Where the key is, by a MOVED or ASK; nothing for another error, or if it names no host that we can use.
std::optional<Redirection> redirection(const Reply& error);

/// A sentence with advice, if these first bytes show TLS, a web server or another server that is not Redis; nothing if
/// the bytes do not tell.
std::optional<std::string> stranger(std::string_view first_bytes);

} // namespace holdfast
