// A lock whose node becomes another server meanwhile: does the command go on if the lock came along, and end in time if
// it did not? Two commands are told apart by the times that they write down themselves, so that this judges an overlap
// by its length.
#pragma once

#include "fault/repetition.hpp"

namespace holdfast::test {

/// The history of a fault that is a failover.
void fail_over(const Draw& draw, Judgement& judgement);

} // namespace holdfast::test
