// What Sentinels and the nodes of a cluster say of a place.
#include "redis/cluster.hpp"
#include "redis/explain.hpp"
#include "redis/sentinels.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::place_test {

namespace {

Reply text(const std::string& value) { return {Reply::Type::text, value, 0, {}}; }
Reply integer(int64_t value) { return {Reply::Type::integer, "", value, {}}; }
Reply list(std::vector<Reply> items) { return {Reply::Type::list, "", 0, std::move(items)}; }

Reply master(const std::string& port, const std::string& flags) {
    return list({text("ip"), text("10.0.0.1"), text("port"), text(port), text("flags"), text(flags),
                 text("role-reported-time"), text("1500"), text("config-epoch"), text("7"), text("num-other-sentinels"),
                 text("2")});
}

std::optional<Redirection> redirected(const std::string& error) {
    return redirection({Reply::Type::error, error, 0, {}});
}

} // namespace

TEST_CASE("a Sentinel names a master, and is quiet only if it flags nothing else") {
    const auto told = naming(master("6379", "master"));
    REQUIRE(told.has_value());
    CHECK(told->master == HostPort{"10.0.0.1", 6379});
    CHECK(told->quiet);
    CHECK(told->others == 2);
    CHECK(told->epoch == 7);
    CHECK(told->chosen == milliseconds{1500});
    CHECK_FALSE(naming(master("6379", "master,failover_in_progress"))->quiet);
    CHECK_FALSE(naming(master("6379", "s_down,master"))->quiet);
    CHECK_FALSE(naming(master("0", "master")).has_value());
    CHECK_FALSE(naming(master("70000", "master")).has_value());
    CHECK_FALSE(naming({Reply::Type::error, "ERR No such master with that name", 0, {}}).has_value());
}

TEST_CASE("a cluster's node names the masters of slots that it knows") {
    const auto range = [](int64_t first, int64_t last, const Reply& host) {
        return list({integer(first), integer(last), list({host, integer(7000), text("id")})});
    };
    const auto ranges = slot_ranges(list({range(0, 99, text("10.0.0.1")), range(100, 199, Reply{}),
                                          range(200, 299, text("?")), list({integer(300), integer(399)})}));
    REQUIRE(ranges.size() == 2);
    CHECK(ranges[0].master == HostPort{"10.0.0.1", 7000});
    CHECK(ranges[0].has(99));
    CHECK_FALSE(ranges[0].has(100));
    CHECK(ranges[1].master.host.empty()); // the host that says it
    CHECK(slot_ranges({Reply::Type::error, "ERR This instance has cluster support disabled", 0, {}}).empty());
}

TEST_CASE("MOVED and ASK tell a place, if they name one") {
    const auto moved = redirected("MOVED 3999 10.0.0.2:6381");
    REQUIRE(moved.has_value());
    CHECK(moved->to == HostPort{"10.0.0.2", 6381});
    CHECK_FALSE(moved->asking);
    CHECK(redirected("ASK 3999 db.example:6381")->asking);
    CHECK(redirected("ASK 3999 db.example:6381")->to.host == "db.example");
    CHECK(redirected("MOVED 3999 fe80::1:6381")->to.host == "fe80::1");
    CHECK(redirected("MOVED 1468 :22400")->to == HostPort{"", 22400});
    CHECK_FALSE(redirected("MOVED 1468 ?:22400").has_value());
    CHECK_FALSE(redirected("MOVED 1468 10.0.0.2").has_value());
    CHECK_FALSE(redirected("MOVED 1468 10.0.0.2:0").has_value());
    CHECK_FALSE(redirected("READONLY You can't write against a read only replica.").has_value());
}

} // namespace holdfast::test::place_test
