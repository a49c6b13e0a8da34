// The static program without its other half, and without /proc. A sanitizer's build is in one piece.
#include "support/holdfast.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>
#include <sched.h>
#include <unistd.h>

namespace holdfast::test::alone_test {

namespace {

const std::filesystem::path built{HOLDFAST_BINARY};

bool in_two_pieces() { return std::filesystem::exists(built.parent_path() / "whole/holdfast"); }

/// A copy of the static program in a folder that every user may enter.
std::string copy_in(const TempDir& dir) {
    ::chmod(dir.path().c_str(), 0755);
    std::filesystem::copy_file(built, dir.file("holdfast"));
    return dir.file("holdfast");
}

/// A program in the place of the other half that says so.
void put_impostor(const std::string& folder) {
    std::filesystem::create_directories(folder + "/whole");
    TempDir dir;
    std::filesystem::copy_file(dir.write("impostor", "#!/bin/sh\necho executed", 0755), folder + "/whole/holdfast");
}

/// For in_child: /proc is empty. Ends with that status where it is not for us to do so.
constexpr int not_allowed = 42;
void hide_proc() {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", "/proc", "tmpfs", 0, nullptr) != 0)
        ::_exit(not_allowed);
}

} // namespace

TEST_CASE("without its other half the static program names the node that needs it, and does all the rest") {
    if (!in_two_pieces()) return;
    TempDir dir;
    const std::string alone = copy_in(dir);
    for (const auto& [node, why] :
         {std::pair{"redis://no-such-host.invalid", "needed to look up a name (redis://no-such-host.invalid:6379)"},
          {"rediss://127.0.0.1:1", "needed for TLS (rediss://127.0.0.1:1)"}}) {
        const Finished run = finish({alone, "run", "-n", "--node", node, "x", "echo", "never"});
        CHECK(run.status() == 70);
        CHECK(run.out.empty());
        CHECK(run.err.find(why) != std::string::npos);
    }
    const RedisServer server;
    CHECK(finish({alone, "run", "--node", server.uri(), "x", "echo", "done"}).out == "done\n");
}

TEST_CASE("without its other half it works for a user that /etc/passwd does not know, and with LD_PRELOAD") {
    if (!in_two_pieces()) return;
    TempDir dir;
    const std::string alone = copy_in(dir);
    const RedisServer server{{}, RedisServer::Listens::loopback};
    const std::vector<std::string> words{alone, "run", "--node", server.uri(), "x", "-c", alone + " status --json x"};
    const Finished preloaded = finish(words, {.environment = {{"LD_PRELOAD", HOLDFAST_SLOW_NAMES}}});
    CHECK(preloaded.status() == 0);
    if (::getuid() != 0) return;
    const Finished unknown = finish(words, {.in_child = [] {
                                        if (::setuid(54321) != 0) ::_exit(not_allowed);
                                    }});
    CHECK(unknown.status() == 0);
    CHECK(unknown.out.find("\"user\":\"uid 54321\"") != std::string::npos);
    CHECK(unknown.err == "");
}

TEST_CASE("without /proc it finds its other half by its own path, and executes nothing of the working directory") {
    if (!in_two_pieces() || ::getuid() != 0) return;
    TempDir elsewhere;
    put_impostor(elsewhere.path());
    const auto in_elsewhere = [&] {
        hide_proc();
        if (::chdir(elsewhere.path().c_str()) != 0) ::_exit(not_allowed);
    };
    const Finished found = finish({built, "status", "--node", "rediss://127.0.0.1:1", "x"}, {.in_child = in_elsewhere});
    if (found.status() == not_allowed) return;
    CHECK(found.status() == 69);
    CHECK(found.out == "");
    TempDir dir;
    const Finished alone =
        finish({copy_in(dir), "status", "--node", "rediss://127.0.0.1:1", "x"}, {.in_child = in_elsewhere});
    CHECK(alone.status() == 70);
    CHECK(alone.out == "");
}

TEST_CASE("what another user has put beside the static program is not executed") {
    if (!in_two_pieces() || ::getuid() != 0) return;
    TempDir dir;
    const std::string alone = copy_in(dir);
    put_impostor(dir.path());
    REQUIRE(::chown(dir.file("whole/holdfast").c_str(), 54321, 54321) == 0);
    const Finished status = finish({alone, "status", "--node", "rediss://127.0.0.1:1", "x"});
    CHECK(status.status() == 70);
    CHECK(status.out == "");
}

} // namespace holdfast::test::alone_test
