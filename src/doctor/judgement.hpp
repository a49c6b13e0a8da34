// The findings that follow from what the nodes said, one for each check. If a node does not tell a fact, there is no
// finding on that fact, but one that says so. Pure: no clock, no I/O.
#pragma once

#include "doctor/examination.hpp"
#include "doctor/finding.hpp"

namespace holdfast {

Diagnosis judge(const std::vector<Facts>&, const std::string& prefix, const LockTerms&);

} // namespace holdfast
