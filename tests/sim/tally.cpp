#include "sim/tally.hpp"

#include <fmt/format.h>

#include <sstream>

namespace holdfast::sim {

void Tally::add(uint64_t seed, const Result& result) {
    const Faults& faults = result.faults;
    const std::initializer_list<std::pair<const char*, size_t>> kinds{
        {"requests lost", faults.lost_requests},
        {"replies lost", faults.lost_replies},
        {"messages lost", faults.lost_messages},
        {"deliveries slow", faults.slow},
        {"requests after their connection's end", faults.late},
        {"links stalled", faults.stalls},
        {"nodes hung", faults.hangs},
        {"nodes restarted", faults.restarts},
        {"nodes restarted without memory", faults.amnesia},
        {"processes stopped", faults.stops},
        {"processes killed", faults.kills},
        {"waits interrupted", faults.interrupts},
        {"locks taken away", faults.revocations},
        {"keys lost", faults.keys_lost},
        {"nodes full", faults.full}};
    for (const auto& [name, count] : kinds) counts[{"fault", name}] += count;
    for (const auto& [name, count] : result.outcomes) counts[{"outcome", name}] += count;
    ++counts[{"total", "histories"}];
    counts[{"total", "events"}] += result.events;
    counts[{"total", "grants"}] += result.grants;
    counts[{"total", "commands beside another"}] += result.beside;
    fingerprint += (result.fingerprint ^ result.events) * (2 * seed + 1);
    if (result.violation) violations.push_back({seed, name_of(result.violation->invariant), result.violation->text});
}

void Tally::add(const Tally& other) {
    for (const auto& [name, count] : other.counts) counts[name] += count;
    violations.insert(violations.end(), other.violations.begin(), other.violations.end());
    fingerprint += other.fingerprint;
}

std::string Tally::encoded() const {
    std::string out = fmt::format("fingerprint\t{}\n", fingerprint);
    for (const auto& [name, count] : counts) out += fmt::format("count\t{}\t{}\t{}\n", name.first, name.second, count);
    for (const Found& found : violations)
        out += fmt::format("violation\t{}\t{}\t{}\n", found.seed, found.invariant, found.text);
    return out;
}

Tally Tally::decoded(const std::string& text) {
    Tally tally;
    std::istringstream lines{text};
    std::string line;
    while (std::getline(lines, line)) {
        std::istringstream words{line};
        std::vector<std::string> fields;
        for (std::string field; std::getline(words, field, '\t');) fields.push_back(field);
        if (fields[0] == "fingerprint") tally.fingerprint = std::stoull(fields[1]);
        else if (fields[0] == "count") tally.counts[{fields[1], fields[2]}] = std::stoull(fields[3]);
        else tally.violations.push_back({std::stoull(fields[1]), fields[2], fields[3]});
    }
    return tally;
}

std::string Tally::text() const {
    std::string out;
    for (const auto& [name, count] : counts) out += fmt::format("{:8} {:40}{:>12}\n", name.first, name.second, count);
    out += fmt::format("fingerprint {:016x}\n", fingerprint);
    for (const Found& found : violations)
        out += fmt::format("VIOLATION seed {}: {}: {}\n", found.seed, found.invariant, found.text);
    out += fmt::format("{} violation{}\n", violations.size(), violations.size() == 1 ? "" : "s");
    return out;
}

} // namespace holdfast::sim
