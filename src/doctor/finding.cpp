#include "doctor/finding.hpp"

#include "lock/quorum.hpp"

#include <algorithm>

namespace holdfast {

Finding good(std::string check, std::string text) { return {std::move(check), {}, Severity::ok, std::move(text)}; }
Finding warning(std::string check, std::string text, std::string advice) {
    return {std::move(check), {}, Severity::warn, std::move(text), std::move(advice)};
}
Finding failing(std::string check, std::string text, std::string advice) {
    return {std::move(check), {}, Severity::fail, std::move(text), std::move(advice)};
}

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
    for (const Finding& finding : findings)
        if (!finding.accepted) worst = std::max(worst, finding.severity);
    return worst;
}

void Diagnosis::accept(const std::vector<std::string>& accepted_checks) {
    for (Finding& finding : findings)
        finding.accepted = finding.severity == Severity::warn &&
                           std::ranges::find(accepted_checks, finding.check) != accepted_checks.end();
}

} // namespace holdfast
