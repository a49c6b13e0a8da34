// tests/e2e/mistakes.txt has what people type, what holdfast answers, and the exit status: a file to read, and a test.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace holdfast::test::typed_test {

namespace {

struct Row {
    std::string typed;
    std::string answer; ///< "..." stands for any text
    std::string status;
};

std::vector<Row> rows() {
    std::vector<Row> all;
    std::ifstream file{HOLDFAST_MISTAKES};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("$ ")) all.push_back({line.substr(2), "", ""});
        else if (all.empty() || !all.back().status.empty()) continue;
        else if (line.starts_with('[')) all.back().status = line;
        else all.back().answer += line + "\n";
    }
    return all;
}

bool matches(std::string_view text, std::string_view pattern) {
    const size_t dots = pattern.find("...");
    if (dots == std::string_view::npos) return text == pattern;
    if (!text.starts_with(pattern.substr(0, dots))) return false;
    for (size_t at = dots; at <= text.size(); ++at)
        if (matches(text.substr(at), pattern.substr(dots + 3))) return true;
    return false;
}

} // namespace

TEST_CASE("a mistake that is typed gets the answer that mistakes.txt has for it") {
    RedisServer server{{}, RedisServer::Listens::loopback};
    const TempDir dir;
    const std::string path = std::filesystem::path{HOLDFAST_BINARY}.parent_path().string() + ":/usr/bin:/bin";
    const std::vector<Row> all = rows();
    CHECK(all.size() >= 200);
    for (const Row& row : all) {
        CAPTURE(row.typed);
        server.command({"FLUSHALL"});
        const Finished done = finish({"sh", "-c", fmt::format("cd {}; exec 2>&1; {}", dir.path(), row.typed)},
                                     {.environment = {{"PATH", path},
                                                      {"HOME", dir.path()},
                                                      {"XDG_CONFIG_HOME", ""},
                                                      {"HOLDFAST_NODES", server.uri()}},
                                      .input = ""});
        CAPTURE(row.answer);
        CAPTURE(done.out);
        CHECK(matches(done.out, row.answer));
        CHECK(fmt::format("[{}]", done.status()) == row.status);
    }
}

} // namespace holdfast::test::typed_test
