#include "lock/kind.hpp"

#include <algorithm>
#include <array>

namespace holdfast {
namespace {

/// In the order of LockKind::Way.
constexpr std::array<std::string_view, 3> names{"exclusive", "shared", "slots"};

} // namespace

std::string_view name_of(LockKind::Way way) { return names[static_cast<size_t>(way)]; }

std::optional<LockKind::Way> kind_named(std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return {};
    return static_cast<LockKind::Way>(found - names.begin());
}

bool is_group(std::string_view value) { return value == shared_group || value == slots_group; }

} // namespace holdfast
