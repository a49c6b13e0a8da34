#include "base/json.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::json_test {

TEST_CASE("an object keeps the order of its fields, and a line is ASCII whatever stands in it") {
    Json list = Json::list();
    list.add(Json{});
    list.add(false);
    list.add("a\n\x1b[2J\xc3\xa9\xff");
    Json object = Json::object({{"z", 1}, {"a", int64_t{9'007'199'254'740'993}}, {"list", list}});
    const Json copy = object;
    object.add("m", Json::object({}));
    CHECK(object.line() == R"({"z":1,"a":9007199254740993,"list":[null,false,"a\n\u001b[2J\u00e9\ufffd"],"m":{}})"
                           "\n");
    CHECK(copy.line() == R"({"z":1,"a":9007199254740993,"list":[null,false,"a\n\u001b[2J\u00e9\ufffd"]})"
                         "\n");
}

} // namespace holdfast::test::json_test
