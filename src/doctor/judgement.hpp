// The findings that follow from what the nodes said: for each node at most one of each check. If a node does not tell a
// fact, the check has no finding, or one that says that the fact is unknown. Pure: no clock, no I/O.
#pragma once

#include "doctor/examination.hpp"
#include "doctor/finding.hpp"

#include <string>
#include <vector>

namespace holdfast {

struct Diagnosis {
    std::vector<std::string> nodes; ///< as displayed
    std::vector<Finding> findings;  ///< first those for the nodes together, then node by node

    /// How many nodes have no failing finding.
    size_t usable() const;
    /// Whether a lock can be taken: a quorum is usable, and no finding for the nodes together fails.
    bool works() const;
    /// The worst severity of all findings that are not accepted.
    Severity worst() const;
    /// Marks the warnings of these checks as accepted, and no other finding: a failure is never accepted.
    void accept(const std::vector<std::string>& accepted_checks);
};

Diagnosis judge(const std::vector<Facts>&, const std::string& prefix, const LockTerms&);

} // namespace holdfast
