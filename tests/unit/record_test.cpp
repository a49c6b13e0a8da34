#include "lock/operations.hpp"
#include "lock/record.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

namespace holdfast::test::record_test {

using namespace std::chrono_literals;

TEST_CASE("a record comes back as it was written") {
    const Holder holder{"backup", "root", "web1", 4242, 1'700'000'000'123ms, 30s};
    const Record record = Record::parse(Record::make({"abc123", 7}, holder).value);
    REQUIRE(record.holder.has_value());
    CHECK(record.value.starts_with("abc123.7 {"));
    CHECK(record.holder->label == "backup");
    CHECK(record.holder->user == "root");
    CHECK(record.holder->host == "web1");
    CHECK(record.holder->pid == 4242);
    CHECK(record.holder->since == 1'700'000'000'123ms);
    CHECK(record.holder->ttl == 30s);
    CHECK(describe(record) == "backup (root@web1, pid 4242)");
}

TEST_CASE("any other client's value is a record without a holder") {
    for (const char* value :
         {"", "42", "550e8400-e29b-41d4-a716-446655440000", "abc.1 not json", "abc.1 [1]", "abc.1 {}", "\xff\xfe {"}) {
        CAPTURE(value);
        const Record record = Record::parse(value);
        CHECK(record.value == value);
        CHECK_FALSE(record.holder.has_value());
        CHECK(describe(record) == "a client that is not holdfast");
    }
}

TEST_CASE("a record that lies about its types is read as far as it goes") {
    const Record record = Record::parse(R"(abc.1 {"v":1,"label":7,"pid":"x","user":"\u001b[2J","since":1.5})");
    REQUIRE(record.holder.has_value());
    CHECK(describe(record) == "? (\\x1b[2J@?, pid 0)");
}

TEST_CASE("a TTL that cannot be is read as the nearest that can") {
    const auto ttl = [](const std::string& ms) {
        return Record::parse("abc.1 {\"v\":1,\"ttl_ms\":" + ms + "}").holder->ttl;
    };
    CHECK(ttl("9223372036854775807") == 24h * 365);
    CHECK(ttl("-9223372036854775808") == 0ms);
}

TEST_CASE("a label that is not UTF-8 still makes a record") {
    const Holder holder{"\xff", "u", "h", 1, 1ms, 1s};
    CHECK(Record::parse(Record::make({"abc", 1}, holder).value).holder.has_value());
}

TEST_CASE("a process knows who it is") {
    const Holder self = this_process("x", 1s);
    CHECK(self.pid == ::getpid());
    CHECK(!self.user.empty());
    CHECK(!self.host.empty());
}

TEST_CASE("a lock's name has printable characters without spaces and braces") {
    CHECK_FALSE(not_a_lock_name("nightly-backup").has_value());
    CHECK_FALSE(not_a_lock_name("a:b/c.d[1]*?é").has_value());
    CHECK_FALSE(not_a_lock_name("of,others").has_value());
    CHECK_FALSE(not_a_lock_name(std::string(200, 'x')).has_value());
    for (const std::string& name :
         {std::string{}, std::string(201, 'x'), std::string{"a b"}, std::string{"{a}"}, std::string{"a\n"},
          std::string{"a\x1b"}, std::string{"\xff"}, std::string{"a\0b", 3}}) {
        CAPTURE(name);
        CHECK(not_a_lock_name(name).has_value());
    }
}

TEST_CASE("all keys of a lock share one cluster slot, and none is the key of another lock") {
    const LockKey key{"x", "holdfast:"};
    CHECK(key.key() == "holdfast:x");
    CHECK(key.void_mark("abc.1") == "holdfast:x:{holdfast:x}:void:abc.1");
}

} // namespace holdfast::test::record_test
