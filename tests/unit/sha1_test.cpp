#include "base/sha1.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::sha1_test {

TEST_CASE("the digest of a text is that of FIPS 180-4, of whatever length") {
    CHECK(sha1("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    CHECK(sha1("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(sha1("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    CHECK(sha1(std::string(1'000'000, 'a')) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("the end of a text may fall anywhere in a block") {
    // As sha1sum has them.
    CHECK(sha1(std::string(55, '\xff')) == "450732ec1ec8fc5594a29700e11c37f09622ed72");
    CHECK(sha1(std::string(56, '\xff')) == "09cade8bfcfc501cb097636504dff46b39270658");
    CHECK(sha1(std::string(63, '\xff')) == "b5419e99e3ea50f812d56149e29b6d7db7bfc70e");
    CHECK(sha1(std::string(64, '\xff')) == "ffc6261e487efa8c7442069f71acfc4aa826993d");
    CHECK(sha1(std::string(65, '\xff')) == "bf0822f91c1aeaee3a06c8a6c598b0229e7fb2f3");
    CHECK(sha1(std::string(119, '\xff')) == "97b433c99a75e69bd8170ef41aacbfb370434b0d");
    CHECK(sha1(std::string(120, '\xff')) == "b099d503d1c2bdf6defb88f6368bde6a6e71c448");
}

} // namespace holdfast::test::sha1_test
