#include "fault/monitor.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace holdfast::test {
namespace {

/// Who asks, of an operation of ours: the run in the name of its void mark.
std::string caller_of(std::string_view line) {
    constexpr std::string_view mark = ":void:";
    const size_t at = line.find(mark);
    return at == std::string_view::npos ? "" : std::string{line.substr(at + mark.size(), 32)};
}

} // namespace

Monitor::Monitor(const RedisServer& server, const TempDir& folder, const std::string& file)
    : folder_{folder}, file_{file}, process_{{"redis-cli", "-s", server.node().socket_path, "MONITOR"},
                                             {.in_child = [path = folder.file(file)] {
                                                 ::dup2(::open(path.c_str(), O_WRONLY | O_CREAT, 0600), 1);
                                             }}} {
    if (!eventually([&] { return folder_.read(file_).starts_with("OK"); }))
        throw std::runtime_error{"a node does not tell what it does"};
}

std::vector<std::string> Monitor::foreign_changes(std::string_view key) const {
    const std::string set = fmt::format("\"SET\" \"{}\" \"", key);
    const std::string set_end = fmt::format("\"DEL\" \"{}\"", key);
    const std::string set_expiry = fmt::format("\"PEXPIRE\" \"{}\" \"", key);
    std::vector<std::string> found;
    std::string caller, owner;
    double ends = 0;
    double counts_from = 0; // for a node, all of a script happens when it begins; a line has the time of its writing
    std::istringstream lines{folder_.read(file_)};
    for (std::string line; std::getline(lines, line);) {
        const double at = std::strtod(line.c_str(), nullptr);
        const bool by_script = line.find(" lua] ") != std::string::npos;
        const auto after = [&](const std::string& what) {
            const size_t found_at = line.find(what);
            return found_at == std::string::npos ? std::string::npos : found_at + what.size();
        };
        if (!by_script) {
            caller = caller_of(line);
            counts_from = at;
        }
        const bool changes = after(set) != std::string::npos || after(set_end) != std::string::npos ||
                             after(set_expiry) != std::string::npos;
        constexpr double rounding = 0.002; // seconds: servers count in whole milliseconds
        if (by_script && changes && !owner.empty() && owner != caller && at < ends - rounding)
            found.push_back(fmt::format("I3 a node changed the key of {} for {}, {:.1f} ms before its end: {}", owner,
                                        caller, (ends - at) * 1000, line));
        if (line.find("\"FLUSHALL\"") != std::string::npos || after(set_end) != std::string::npos) owner.clear();
        if (const size_t value = after(set); value != std::string::npos) {
            owner = line.substr(value, 32);
            const size_t px = line.rfind("\"PX\" \"");
            ends = counts_from +
                   std::strtod(line.c_str() + (px == std::string::npos ? line.size() : px + 6), nullptr) / 1000;
        }
        if (const size_t ms = after(set_expiry); ms != std::string::npos)
            ends = counts_from + std::strtod(line.c_str() + ms, nullptr) / 1000;
    }
    return found;
}

} // namespace holdfast::test
