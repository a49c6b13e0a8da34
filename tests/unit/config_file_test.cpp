#include "base/error.hpp"
#include "config/file.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::config_file_test {

namespace {

class Written {
  public:
    explicit Written(const std::string& content, int mode = 0600)
        : path_{folder_.write("holdfast.toml", content, mode)} {}
    const std::string& path() const { return path_; }

    /// What is said of it, behind the path.
    std::string refused() const {
        try {
            read_config_file(path());
        } catch (const Failure& failure) {
            CHECK(failure.status() == ExitStatus::configuration);
            const std::string text = failure.what();
            REQUIRE(text.starts_with(path()));
            return text.substr(path().size());
        }
        FAIL("accepted");
        return {};
    }

  private:
    TempDir folder_;
    std::string path_;
};

} // namespace

TEST_CASE("a file has settings at the top and profiles beside them") {
    const Written file{"nodes = ['a', 'b']\nttl = \"10s\"\nwait = 2.5\ntree = true\ndrift = 0.02\n"
                       "[profile.ci]\nwait = '10m'\nnodes = 'redis://c,redis://d'\n"};
    const ConfigFile read = read_config_file(file.path());
    CHECK(read.top.at("nodes").text == "a,b");
    CHECK(read.top.at("ttl").text == "10s");
    CHECK(read.top.at("ttl").where == file.path() + ":2: ttl");
    CHECK(read.top.at("ttl").source == Source::file);
    CHECK(read.top.at("wait").text == "2.5");
    CHECK(read.top.at("tree").text == "yes");
    CHECK(read.top.at("drift").text == "0.02");
    CHECK(read.profiles.at("ci").at("wait").text == "10m");
    CHECK(read.profiles.at("ci").at("wait").source == Source::profile);
    CHECK(read.profiles.at("ci").at("nodes").text == "redis://c,redis://d");
}

TEST_CASE("what is wrong in a file is said with its line") {
    CHECK(Written{"ttl = '5s'\nttll = '5s'\n"}.refused() == ":2: 'ttll' is not a setting (did you mean 'ttl'?)");
    CHECK(Written{"[profile.x]\nwiat = 1\n"}.refused() == ":2: 'wiat' is not a setting (did you mean 'wait'?)");
    CHECK(Written{"config = 'x'\n"}.refused().starts_with(":1: 'config' is not a setting"));
    CHECK(Written{"\nttl = true\n"}.refused() == ":2: ttl is true or false, and has to be a duration, as in \"30s\"");
    CHECK(Written{"tree = 'yes'\n"}.refused() == ":1: tree is a text, and has to be true or false");
    CHECK(Written{"label = 5\n"}.refused() == ":1: label is a number, and has to be a text in quotes");
    CHECK(Written{"nodes = [1]\n"}.refused() ==
          ":1: nodes is a list, and has to be a list of texts, as in [\"redis://a\", \"redis://b\"]");
    CHECK(Written{"[ttl]\n"}.refused().starts_with(":1: ttl is a section"));
    CHECK(Written{"profile = 'x'\n"}.refused() == ":1: a file cannot choose its profile; --profile NAME or "
                                                  "HOLDFAST_PROFILE does, and [profile.NAME] has its settings");
    CHECK(Written{"[profile]\nttl = '5s'\n"}.refused() ==
          ":2: a profile has a name, as in [profile.prod]; then its settings");
    CHECK(Written{"ttl = '5s'\nttl = \n"}.refused().starts_with(":2: "));
    CHECK(Written{"ttl = \"5s\n"}.refused().starts_with(":1: "));
}

TEST_CASE("a file with a password is nobody else's to read") {
    const std::string said = Written{"\npassword = 'geheim'\n", 0644}.refused();
    CHECK(said.starts_with(":2: a password stands here and others may read the file; chmod o-r "));
    CHECK(said.find("geheim") == std::string::npos);
    CHECK(Written{"nodes = ['a', 'redis://bob:geheim@b']\n", 0644}.refused().find("geheim") == std::string::npos);
    CHECK(read_config_file(Written{"nodes = 'redis://bob@b'\n", 0644}.path()).top.contains("nodes"));
    const Written shared{"password = 'geheim'\n", 0640};
    CHECK(read_config_file(shared.path()).top.at("password").text == "geheim");
}

TEST_CASE("a file that cannot be read is an error") {
    CHECK_THROWS_WITH_AS(read_config_file("/nowhere/holdfast.toml"),
                         "cannot read /nowhere/holdfast.toml: no such file or directory", Failure);
    CHECK_THROWS_AS(read_config_file("/"), Failure);
}

} // namespace holdfast::test::config_file_test
