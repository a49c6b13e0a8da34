// What the executable holdfast_canary leaves out: the rule whose name is in LEFT_OUT_RULE, as in base/canary.hpp.
#include "base/canary.hpp"

#include <array>
#include <cstdlib>
#include <string_view>

namespace holdfast {

bool enforced(Rule rule) noexcept {
    // In the order of Rule.
    constexpr std::array<std::string_view, 13> names{"drift",
                                                     "send_time",
                                                     "fresh_token",
                                                     "close_on_timeout",
                                                     "restart_guard",
                                                     "no_resurrection",
                                                     "guard",
                                                     "group_kill",
                                                     "reap_before_release",
                                                     "own_record",
                                                     "configured_quorum",
                                                     "missing_lease",
                                                     "impossible_quorum"};
    static_assert(names.size() == static_cast<size_t>(Rule::impossible_quorum) + 1);
    const char* left_out = std::getenv("LEFT_OUT_RULE");
    return left_out == nullptr || names.at(static_cast<size_t>(rule)) != left_out;
}

} // namespace holdfast
