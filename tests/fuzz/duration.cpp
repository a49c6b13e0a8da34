#include "base/duration.hpp"

#include "fuzz/targets.hpp"

void holdfast::fuzz::duration(std::string_view input) {
    const auto parsed = parse_duration(input);
    if (!parsed) return;
    require(*parsed >= milliseconds{0} && *parsed <= std::chrono::days{365});
    require(parse_duration(format_exactly(*parsed)) == parsed);
    require_printable(format_duration(*parsed));
}
