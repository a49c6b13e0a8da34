// What follows from what the nodes said: a finding a check. What a node does not tell has no finding of its own; that
// it does not tell it has one. Pure: no clock, no I/O.
#pragma once

#include "doctor/examination.hpp"
#include "doctor/finding.hpp"

namespace holdfast {

Diagnosis judge(const std::vector<Facts>&, const std::string& prefix, const LockTerms&);

} // namespace holdfast
