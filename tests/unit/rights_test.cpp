#include "doctor/rights.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::rights_test {

namespace {

const LockKey probe{"probe", "holdfast:"};

/// One to each command of the probe, all the same.
std::vector<Reply> replies(const std::string& error) {
    const Reply reply{error.empty() ? Reply::Type::text : Reply::Type::error, error, 0, {}};
    return std::vector<Reply>(rights_probe(probe, {}).commands(), reply);
}

} // namespace

TEST_CASE("a user that hears nothing lacks SUBSCRIBE, unless the server's memory is full") {
    const Finding deaf = judge_rights(replies(""), false, "holdfast:", {});
    CHECK(deaf.severity == Severity::warn);
    CHECK(deaf.text == "our user lacks +subscribe (who waits or loses the lock hears of it later)");
    const Finding full =
        judge_rights(replies("OOM command not allowed when used memory > 'maxmemory'."), false, "holdfast:", {});
    CHECK(full.severity == Severity::ok);
    CHECK(full.text == "our user may do all that locks need");
}

} // namespace holdfast::test::rights_test
