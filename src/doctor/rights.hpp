// What holdfast asks of a server, command by command, in one table: the ACL rule that grants just that, and the probe
// that shows whether it is granted. Pure: requests are built and replies judged here, and sent elsewhere.
#pragma once

#include "doctor/finding.hpp"
#include "lock/operations.hpp"

#include <string>
#include <vector>

namespace holdfast {

/// A line of an ACL file (Redis 6.2 or newer): the least that `user` needs for locks under `prefix`. Without scripts
/// where none are wanted. `selects`: the nodes have another database than 0.
std::string acl_rule(const std::string& user, const std::string& prefix, Mode mode, bool selects);

/// Each command once, on keys of a lock that no run takes, none of which is there for long afterwards. The last of its
/// connection: where EXEC is refused, a transaction may stay open.
Request rights_probe(const LockKey& probe, Mode mode);

/// `replies` to the probe; `told`: messages reach us, or the server is too old to push any.
Finding judge_rights(const std::vector<Reply>& replies, bool told, const std::string& prefix, Mode mode);

} // namespace holdfast
