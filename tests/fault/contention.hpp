// Several runs that want the same lock again and again, each over a way of its own to each node, while things happen to
// all of them: is there ever more than one holder? Or, with holders of all kinds, one beside another that excludes it?
#pragma once

#include "fault/repetition.hpp"

namespace holdfast::test {

/// A few seconds of it. What happens, and when, is drawn from the seed.
void contend(const Draw& draw, Judgement& judgement);

} // namespace holdfast::test
