// The commands that holdfast needs, in one table, and from it the ACL rule that grants exactly these and the probe that
// shows whether they are granted. Pure: builds requests and judges replies, but sends nothing.
#pragma once

#include "doctor/finding.hpp"
#include "lock/operations.hpp"

#include <string>
#include <vector>

namespace holdfast {

/// What our user does with the nodes, as far as the rights that the user needs depend on it.
struct Use {
    Mode mode = Mode::scripts; ///< `transactions`: without scripts
    bool waits = false;        ///< for replicas to have a grant
    bool selects = false;      ///< another database than 0
};

/// A line of an ACL file (Redis 6.2 or newer): the least that `user` needs for locks under `prefix`.
std::string acl_rule(const std::string& user, const std::string& prefix, const Use&);

/// A request with each command that the use needs, but SUBSCRIBE, on keys of a lock that no run takes; no key stays
/// there for long. Has to be the last request of its connection, because a transaction stays open if EXEC is refused.
Request rights_probe(const LockKey& probe, const Use&);

/// The finding "rights" of one node, from its replies to the rights_probe() of the same use. `told`: messages reach us,
/// or the server is too old to push any; if false, our user lacks SUBSCRIBE, unless the server's memory is full. Any
/// other right is lacking only where the server says so; a command that the server does not know was taken away from
/// all users, and does not count as lacking.
Finding judge_rights(const std::vector<Reply>& replies, bool told, const std::string& prefix, const Use&);

} // namespace holdfast
