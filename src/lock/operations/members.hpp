// How transactions tell the members of a group, as the scripts do by members.lua.
#pragma once

#include "lock/lock_key.hpp"
#include "redis/node_set.hpp"

namespace holdfast {

/// Ends a look with `answer`. If its second item, the value of the key, is a group, the answer gets a further item: the
/// members that live at `now` by the node's clock, and among them the member `also` in any case.
Step with_members(const LockKey&, milliseconds now, Reply answer, const std::string& also = "");

} // namespace holdfast
