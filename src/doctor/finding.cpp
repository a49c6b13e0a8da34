#include "doctor/finding.hpp"

#include "lock/quorum.hpp"

#include <algorithm>

namespace holdfast {

size_t Diagnosis::usable() const {
    std::vector<bool> fails(nodes.size());
    for (const Finding& finding : findings)
        if (finding.node && finding.severity == Severity::fail) fails[*finding.node] = true;
    return static_cast<size_t>(std::ranges::count(fails, false));
}

bool Diagnosis::works() const {
    return usable() >= quorum(nodes.size()) && std::ranges::none_of(findings, [](const Finding& finding) {
               return !finding.node && finding.severity == Severity::fail;
           });
}

Severity Diagnosis::worst() const {
    Severity worst = Severity::ok;
    for (const Finding& finding : findings) worst = std::max(worst, finding.severity);
    return worst;
}

} // namespace holdfast
