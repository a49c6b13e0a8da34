#include "base/clock.hpp"
#include "events/log_writer.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <csignal>
#include <fcntl.h>

namespace holdfast::test::log_writer_test {

using namespace std::chrono_literals;

namespace {

LogTarget opened(const std::string& text) {
    auto target = LogTarget::open(text);
    REQUIRE(target.has_value());
    return std::move(*target);
}

/// A socket as the system's log has one.
Fd system_log(const std::string& path) {
    Fd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
}

std::string received(const Fd& fd) {
    std::string text(100, '\0');
    const ssize_t size = ::recv(fd.get(), text.data(), text.size(), 0);
    text.resize(static_cast<size_t>(std::max<ssize_t>(size, 0)));
    return text;
}

} // namespace

TEST_CASE("a writer writes all lines in their order") {
    const TempDir dir;
    LogWriter writer{opened(dir.file("log"))};
    std::string all;
    for (int i = 0; i < 100; ++i) {
        writer.add(fmt::format("{}\n", i));
        all += fmt::format("{}\n", i);
    }
    REQUIRE(eventually([&] { return dir.read("log") == all; }));
    CHECK_FALSE(writer.finish().has_value());
}

TEST_CASE("a target that takes nothing keeps nobody, and what it did not take is counted") {
    Pipe pipe = make_pipe();
    ::fcntl(pipe.write.get(), F_SETFL, O_NONBLOCK);
    const std::string junk(4096, 'x');
    while (::write(pipe.write.get(), junk.data(), junk.size()) > 0) {
    }
    ::fcntl(pipe.write.get(), F_SETFL, 0);
    ::fcntl(pipe.write.get(), F_SETFD, 0);
    const std::string name = fmt::format("fd:{}", pipe.write.get());
    LogWriter writer{opened(name)};
    for (int i = 0; i < 1500; ++i) writer.add("line\n");
    const BootTime begin = BootClock::now();
    CHECK(writer.finish() ==
          fmt::format("1500 lines of the log could not be written to {} (--log-to): it takes no more", name));
    CHECK(BootClock::now() - begin >= 100ms);
    // The thread ends its write with the last reader, and waits for a line that never comes.
    pipe.read.reset();
    REQUIRE(eventually([&] {
        return writer.finish() == fmt::format("1500 lines of the log could not be written to {} "
                                              "(--log-to): no program reads it",
                                              name);
    }));
}

TEST_CASE("the system's log is found again after it was started anew") {
    const TempDir dir;
    Fd log = system_log(dir.file("log"));
    auto target = LogTarget::syslog(dir.file("log"));
    REQUIRE(target.has_value());
    CHECK(target->write("one") == 0);
    CHECK(received(log) == "one");
    log.reset();
    CHECK(target->write("two") == ECONNREFUSED);
    REQUIRE(std::remove(dir.file("log").c_str()) == 0);
    log = system_log(dir.file("log"));
    CHECK(target->write("three") == 0);
    CHECK(received(log) == "three");
}

TEST_CASE("a line that was written in part does not spoil the next one") {
    const TempDir dir;
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    LogTarget target = opened(dir.file("log"));
    CHECK(target.write("0123456789\n") == 0);
    const auto handler = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{15, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
    CHECK(target.write("abcdefghij\n") == EFBIG);
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, handler);
    CHECK(target.write("klm\n") == 0);
    CHECK(dir.read("log") == "0123456789\nabcd\nklm\n");
}

} // namespace holdfast::test::log_writer_test
