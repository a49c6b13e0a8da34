#include "base/escape.hpp"

#include <doctest/doctest.h>

using holdfast::has_spaces, holdfast::is_utf8, holdfast::printable;

TEST_CASE("text for people passes, letters of any script included") {
    CHECK(printable("backup-1 ü 日本 🙂") == "backup-1 ü 日本 🙂");
}

TEST_CASE("what could speak to a terminal is shown, not sent") {
    CHECK(printable("\x1b[2J") == "\\x1b[2J");
    CHECK(printable("a\nb\r\tc") == "a\\x0ab\\x0d\\x09c");
    CHECK(printable("\x7f") == "\\x7f");
    CHECK(printable("\xc2\x9b"
                    "31m") == "\\xc2\\x9b31m");            // C1 control, written in UTF-8
    CHECK(printable("\xe2\x80\xae") == "\\xe2\\x80\\xae"); // right-to-left override
    CHECK(printable(std::string_view{"\0", 1}) == "\\x00");
}

TEST_CASE("what cannot be seen is shown, and the joiners of letters and of pictures pass") {
    for (const char* unseen : {"\xc2\xad", "\xe2\x80\x8b", "\xe2\x81\xa0", "\xef\xbb\xbf", "\xf3\xa0\x80\xa0"}) {
        CHECK(printable(unseen).starts_with("\\x"));
        CHECK(printable(unseen).size() == 4 * std::string_view{unseen}.size());
    }
    CHECK(printable("می\u200cخواهم 👩\u200d🚒") == "می\u200cخواهم 👩\u200d🚒");
}

TEST_CASE("spaces of any width are spaces, and text is UTF-8 or not") {
    CHECK(has_spaces("a b"));
    CHECK(has_spaces("a\u00a0b"));
    CHECK(has_spaces("a\u3000"));
    CHECK(!has_spaces("a_b"));
    CHECK(is_utf8("ä"));
    CHECK(!is_utf8("\xe4"));
}

TEST_CASE("bytes that are not UTF-8 are shown one by one") {
    CHECK(printable("\xff\xfe") == "\\xff\\xfe");
    CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");          // an overlong slash
    CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80"); // half a surrogate pair
    CHECK(printable("\xe6\x97") == "\\xe6\\x97");          // a character cut short
}

TEST_CASE("long text is cut") { CHECK(printable(std::string(300, 'x'), 10) == "xxxxxxxxxx..."); }
