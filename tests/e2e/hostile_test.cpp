// Whatever answers where a node should be, garbage or worse: it costs the time of one answer and little memory, it is
// named, and two good nodes of three do without it.
#include "base/escape.hpp"
#include "support/holdfast.hpp"
#include "support/hostile_server.hpp"
#include "support/script_text.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>

namespace holdfast::test::hostile_test {

using namespace std::literals;

namespace {

constexpr milliseconds node_timeout = 500ms;
/// What a busy machine may add, on which twenty of these programs run at once.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr milliseconds busy = 20s;
#else
constexpr milliseconds busy = 3s;
#endif
/// To open a connection, for an answer, and to take back what may have been granted.
constexpr milliseconds longest = 1s + 2 * node_timeout + busy;
/// Whoever has answered doctor once is asked for two node timeouts and a second more.
constexpr milliseconds longest_of_doctor = longest + 2 * node_timeout + 1s;

bool is_fit_for_a_terminal(const std::string& text) {
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        const std::string line = text.substr(begin, end - begin);
        if (printable(line, line.size()) != line) return false;
        begin = end + 1;
    }
    return true;
}

/// Of the largest of all that this test has started and waited for.
[[maybe_unused]] long most_memory_kb() {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    return usage.ru_maxrss;
}

void check_memory() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(most_memory_kb() < 64 * 1024);
#endif
}

std::vector<std::string> call(const std::string& command, const std::string& nodes, std::vector<std::string> words) {
    words.insert(words.begin(),
                 {command, "--node", nodes, "--node-timeout", fmt::format("{}ms", node_timeout.count())});
    return holdfast::test::holdfast(std::move(words));
}

struct Ended : Finished {
    milliseconds took;
};

using Calls = std::vector<std::vector<std::string>>;

/// All at the same time.
std::vector<Ended> finish_all(const Calls& calls) {
    const BootTime begin = BootClock::now();
    std::vector<Process> processes;
    for (const auto& words : calls) processes.emplace_back(words);
    std::vector<Ended> ended;
    for (Process& process : processes) {
        Finished done = process.wait();
        ended.push_back({std::move(done), std::chrono::duration_cast<milliseconds>(BootClock::now() - begin)});
    }
    return ended;
}

/// To it as the only node, and as one of three: run, status and doctor in turn.
Calls alone_and_among(const RedisServers& good, const HostileServer& hostile) {
    const std::string three = fmt::format("{},{}", hostile.uri(), good.uris());
    return {
        call("run", hostile.uri(), {"-n", "x", "echo", "ran"}),
        call("status", hostile.uri(), {"x"}),
        call("doctor", hostile.uri(), {}),
        call("run", three, {"-n", "-v", "x", "echo", "ran"}),
        call("status", three, {"x"}),
        call("doctor", three, {}),
    };
}

void check_alone_and_among_good(const HostileServer& hostile) {
    const RedisServers good{2};
    const auto done = finish_all(alone_and_among(good, hostile));
    const char* const names[] = {"run", "status", "doctor", "run of three", "status of three", "doctor of three"};
    for (size_t i = 0; i < done.size(); ++i) {
        CAPTURE(names[i]);
        CAPTURE(done[i].out);
        CAPTURE(done[i].err);
        CAPTURE(done[i].took.count());
        const bool is_doctor = i % 3 == 2;
        CHECK(done[i].took < (is_doctor ? longest_of_doctor : longest));
        CHECK(is_fit_for_a_terminal(done[i].out));
        CHECK(is_fit_for_a_terminal(done[i].err));
        CHECK(has(done[i].out + done[i].err, hostile.uri()));
    }
    CHECK(done[0].status() == 69);
    CHECK_FALSE(has(done[0].out, "ran"));
    CHECK(done[1].status() == 69);
    CHECK(done[2].status() == 69);
    CHECK(done[3].status() == 0);
    CHECK(done[3].out == "ran\n");
    CHECK(done[5].status() == 1);
    check_memory();
}

const std::string master = "%1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n";

std::string repeated(const std::string& text, size_t times) {
    std::string all;
    for (size_t i = 0; i < times; ++i) all += text;
    return all;
}

void check_each(const std::vector<Trick>& tricks) {
    for (const Trick& trick : tricks) {
        CAPTURE(trick.name);
        const HostileServer hostile{trick};
        check_alone_and_among_good(hostile);
    }
}

using enum Trick::Then;

} // namespace

TEST_CASE("hostile: bytes that are no reply") {
    check_each({
        {.name = "garbage", .says = "\x80\xff\x1b[2J\x07 garbage\r\n"},
        {.name = "zeros", .says = std::string(100, '\0')},
        {.name = "web server", .says = "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n<html>", .then = closes},
        {.name = "SSH banner", .says = "SSH-2.0-OpenSSH_9.2\r\n", .at_once = true},
        {.name = "TLS alert", .says = "\x15\x03\x01\x00\x02\x02\x46"s, .then = closes},
    });
}

TEST_CASE("hostile: replies that never end, or are too large") {
    check_each({
        {.name = "half a line", .says = "+O"},
        {.name = "half a map", .says = "%1\r\n$4\r\nro"},
        {.name = "huge text", .says = "$1000000000\r\nabc"},
        {.name = "huge text that comes", .says = "$1000000000\r\n", .repeats = repeated("x", 60'000)},
        {.name = "huge list", .says = "*1000000000\r\n"},
        {.name = "large list", .says = "*1000000\r\n", .repeats = "+\r\n"},
    });
}

TEST_CASE("hostile: floods") {
    check_each({
        {.name = "lists in lists", .repeats = repeated("*1\r\n", 10'000)},
        {.name = "large lists in lists", .repeats = "*65000\r\n"},
        {.name = "pushes", .repeats = repeated(">3\r\n+message\r\n+x\r\n+y\r\n", 1000)},
        {.name = "pushes after HELLO", .says = master, .repeats = repeated(">3\r\n+message\r\n+x\r\n+y\r\n", 1000)},
        {.name = "replies", .repeats = repeated("+OK\r\n", 10'000)},
        {.name = "no newline", .repeats = "+" + repeated("x", 60'000)},
    });
}

TEST_CASE("hostile: connections that end, or on which nothing comes") {
    check_each({
        {.name = "closes at once", .then = closes, .at_once = true},
        {.name = "resets at once", .then = resets, .at_once = true},
        {.name = "closes when asked", .then = closes},
        {.name = "resets in a reply", .says = "%1\r\n$4\r\nro", .then = resets},
        {.name = "resets after HELLO", .says = master, .then = resets},
        {.name = "says nothing", .at_once = true},
        {.name = "says nothing after HELLO", .says = master},
    });
}

TEST_CASE("hostile: servers that keep no locks") {
    check_each({
        {.name = "Sentinel", .says = "%1\r\n$4\r\nmode\r\n$8\r\nsentinel\r\n"},
        {.name = "replica", .says = "%1\r\n$4\r\nrole\r\n$7\r\nreplica\r\n"},
        {.name = "role", .says = "%1\r\n$4\r\nrole\r\n$6\r\n\x1b[31m!\r\n"},
        {.name = "MOVED", .says = "-MOVED 1234 10.0.0.1:7001\r\n", .each = true},
    });
}

TEST_CASE("hostile: after HELLO the same reply to everything") {
    const std::string largest = "9223372036854775807";
    for (const std::string& reply : {
             "+OK\r\n"s,
             "-ERR \x1b[2J no\r\n"s,
             "-MOVED 1234 10.0.0.1:7001\r\n"s,
             ":1\r\n"s,
             ":-" + largest + "\r\n",
             "$-1\r\n"s,
             "*0\r\n"s,
             "*-1\r\n"s,
             "%1\r\n+a\r\n+b\r\n"s,
             "#t\r\n"s,
             ",1.5e300\r\n"s,
             "(123456789012345678901234567890\r\n"s,
             "=5\r\ntxt:x\r\n"s,
             "*1\r\n+granted\r\n"s,
             "*2\r\n+held\r\n*1\r\n+x\r\n"s,
             "*3\r\n+held\r\n+x\r\n:" + largest + "\r\n",
             "*7\r\n+held\r\n+x\r\n:" + largest + "\r\n:-1\r\n:1\r\n*2\r\n+r {}\r\n:" + largest + "\r\n:-" + largest +
                 "\r\n",
             "*3\r\n+granted\r\n+\r\n:" + largest + "\r\n",
             "+OK\r\n+OK\r\n"s,
         }) {
        CAPTURE(reply);
        RedisServer real;
        const HostileServer hostile{{.name = "reply", .says = reply, .each = true}, real.node(), [](const auto& words) {
                                        const std::string& word = words.front().text;
                                        return word != "HELLO" && word != "INFO" && word != "CONFIG";
                                    }};
        const RedisServers good{2};
        Calls calls = alone_and_among(good, hostile);
        calls.push_back(call("list", hostile.uri(), {}));
        calls.push_back(call("run", hostile.uri(), {"--no-scripts", "-n", "x", "echo", "ran"}));
        const auto done = finish_all(calls);
        for (const Ended& one : done) {
            CAPTURE(one.out);
            CAPTURE(one.err);
            CAPTURE(one.took.count());
            CHECK(one.signal() == 0);
            CHECK(one.status() != 70);
            CHECK(one.took < longest_of_doctor);
            CHECK(is_fit_for_a_terminal(one.out));
            CHECK(is_fit_for_a_terminal(one.err));
        }
        CHECK(done[3].out == "ran\n");
        CHECK(done[3].status() == 0);
        check_memory();
    }
}

// ---- later

namespace {

When script_with(const std::string& part) {
    return [part](const auto& words) { return has(script_text(words), part); };
}

When command_named(const std::string& name) {
    return [name](const auto& words) { return words.front().text == name; };
}

const When renewal = script_with("redis.call('PEXPIRE', K, ttl)");
const When raising = script_with("'raised'");
const When release = script_with("answer = {'released'}");
const When inspection = script_with("local places");

const std::vector<Trick>& later_tricks() {
    static const std::vector<Trick> tricks{
        {.name = "says nothing"},
        {.name = "garbage", .says = "\x80\xff\x1b[2J\r\n"},
        {.name = "closes", .then = closes},
        {.name = "resets in a reply", .says = "*3\r\n$7\r\ngra", .then = resets},
        {.name = "byte by byte", .hands_on = true, .per_byte = 50ms},
        {.name = "pushes", .repeats = repeated(">3\r\n+message\r\n+x\r\n+y\r\n", 1000)},
        {.name = "no newline", .repeats = "+" + repeated("x", 60'000)},
        {.name = "MOVED", .says = "-MOVED 1234 10.0.0.1:7001\r\n", .each = true},
        {.name = "another word", .says = "*1\r\n+nonsense\r\n", .each = true},
        {.name = "OK", .says = "+OK\r\n", .each = true},
        {.name = "twice", .says = "+OK\r\n+OK\r\n", .each = true},
    };
    return tricks;
}

/// A hostile server in front of a real one for each trick.
struct Scene {
    RedisServer real;
    HostileServer hostile;

    Scene(const Trick& trick, const When& when) : hostile{trick, real.node(), when} {}
};

std::vector<std::unique_ptr<Scene>> scenes(const When& when) {
    std::vector<std::unique_ptr<Scene>> all;
    for (const Trick& trick : later_tricks()) all.push_back(std::make_unique<Scene>(trick, when));
    return all;
}

void check_output(const std::string& name, const Ended& done) {
    INFO(name);
    CHECK(is_fit_for_a_terminal(done.out));
    CHECK(is_fit_for_a_terminal(done.err));
}

} // namespace

TEST_CASE("hostile: at renewal the command is stopped in time") {
    const auto all = scenes(renewal);
    std::vector<std::vector<std::string>> calls;
    for (const auto& scene : all)
        calls.push_back(run_on(scene->hostile.uri(),
                               {"--ttl", "4s", "--grace", "500ms", "x", "-c",
                                "trap 'echo told; exit 0' TERM; echo started; while :; do sleep 0.01; done"}));
    const auto done = finish_all(calls);
    for (size_t i = 0; i < done.size(); ++i) {
        CAPTURE(later_tricks()[i].name);
        CAPTURE(done[i].err);
        check_output(later_tricks()[i].name, done[i]);
        CHECK(done[i].status() == 79);
        CHECK(done[i].out == "started\ntold\n");
        CHECK(has(done[i].err, all[i]->hostile.uri()));
        // The lease ends after four seconds; the release of what is left is tried for two more.
        CHECK(done[i].took < 4s + 2s + busy);
    }
    check_memory();
}

TEST_CASE("hostile: at renewal two good nodes of three keep the lock") {
    const auto all = scenes(renewal);
    RedisServers good{2};
    std::vector<std::vector<std::string>> calls;
    for (size_t i = 0; i < all.size(); ++i)
        calls.push_back(run_on(fmt::format("{},{}", all[i]->hostile.uri(), good.uris()),
                               {"--ttl", "4s", fmt::format("x{}", i), "-c", "sleep 5; echo ran"}));
    const auto done = finish_all(calls);
    for (size_t i = 0; i < done.size(); ++i) {
        CAPTURE(later_tricks()[i].name);
        CAPTURE(done[i].err);
        check_output(later_tricks()[i].name, done[i]);
        CHECK(done[i].status() == 0);
        CHECK(done[i].out == "ran\n");
        CHECK(done[i].err.empty());
    }
    check_memory();
}

TEST_CASE("hostile: a flood between two renewals costs one node its connection, and not the lock") {
    const auto all = scenes(command_named("SUBSCRIBE"));
    std::vector<std::vector<std::string>> calls;
    for (const auto& scene : all)
        calls.push_back(run_on(scene->hostile.uri(), {"--ttl", "4s", "x", "-c", "sleep 5; echo ran"}));
    const auto done = finish_all(calls);
    for (size_t i = 0; i < done.size(); ++i) {
        const Trick& trick = later_tricks()[i];
        CAPTURE(trick.name);
        CAPTURE(done[i].err);
        check_output(trick.name, done[i]);
        // Who answers everything from there on with the same may renew nothing.
        if (!trick.each) CHECK(done[i].status() == 0);
    }
    check_memory();
}

TEST_CASE("hostile: at release it ends within its bound") {
    const auto all = scenes(release);
    RedisServers good{2};
    std::vector<std::vector<std::string>> calls;
    for (size_t i = 0; i < all.size(); ++i) {
        const std::string hostile = all[i]->hostile.uri();
        const std::string name = fmt::format("x{}", i);
        // Who is one of forty takes longer to start than the node timeout of the other tests.
        const auto patient = [](const std::string& lock) -> std::vector<std::string> {
            return {"-n", "--node-timeout", "2s", lock, "echo", "ran"};
        };
        calls.push_back(call("run", hostile, patient(name)));
        calls.push_back(call("run", fmt::format("{},{}", hostile, good.uris()), patient(name + "of3")));
    }
    const auto done = finish_all(calls);
    for (size_t i = 0; i < done.size(); ++i) {
        CAPTURE(later_tricks()[i / 2].name);
        CAPTURE(done[i].err);
        check_output(later_tricks()[i / 2].name, done[i]);
        CHECK(done[i].status() == 0);
        CHECK(done[i].out == "ran\n");
        const bool alone = i % 2 == 0;
        // Byte by byte it may be confirmed in time.
        if (later_tricks()[i / 2].name != "byte by byte")
            CHECK(has(done[i].err, "too few nodes confirmed the release") == alone);
        CHECK(done[i].took < longest);
    }
    check_memory();
}

TEST_CASE("hostile: when the fence has to be raised") {
    const auto all = scenes(raising);
    RedisServers good{2};
    RedisServer ahead;
    std::vector<std::vector<std::string>> calls;
    for (size_t i = 0; i < all.size(); ++i) {
        const std::string fence = fmt::format("holdfast:x{0}:{{holdfast:x{0}}}:fence", i);
        ahead.command({"SET", fence, "9000000000000", "PX", "60000"});
        const std::string hostile = all[i]->hostile.uri();
        // Behind are the hostile one and a good one, which is enough, if not in the first attempt: what answers first
        // is raised first. And then the hostile one alone.
        calls.push_back(call("run", fmt::format("{},{},{}", hostile, ahead.uri(), good[0].uri()),
                             {"-w", "15s", fmt::format("x{}", i), "echo", "ran"}));
    }
    auto done = finish_all(calls);
    for (size_t i = 0; i < done.size(); ++i) {
        CAPTURE(later_tricks()[i].name);
        CAPTURE(done[i].err);
        check_output(later_tricks()[i].name, done[i]);
        CHECK(done[i].status() == 0);
        CHECK(done[i].out == "ran\n");
    }
    good[0].kill();
    calls.clear();
    for (size_t i = 0; i < all.size(); ++i) {
        ahead.command({"SET", fmt::format("holdfast:y{0}:{{holdfast:y{0}}}:fence", i), "9000000000000", "PX", "60000"});
        calls.push_back(call("run", fmt::format("{},{},{}", all[i]->hostile.uri(), ahead.uri(), good[0].uri()),
                             {"-n", fmt::format("y{}", i), "echo", "ran"}));
    }
    done = finish_all(calls);
    for (size_t i = 0; i < done.size(); ++i) {
        CAPTURE(later_tricks()[i].name);
        CAPTURE(done[i].err);
        check_output(later_tricks()[i].name, done[i]);
        CHECK(done[i].status() == 69);
        CHECK(done[i].out.empty());
        CHECK(done[i].took < longest);
        CHECK(ahead.text({"EXISTS", fmt::format("holdfast:y{}", i)}) == "0");
    }
    check_memory();
}

TEST_CASE("hostile: when the lock is looked at") {
    const auto all = scenes(inspection);
    RedisServers good{2};
    std::vector<std::vector<std::string>> calls;
    for (const auto& scene : all) {
        calls.push_back(call("status", scene->hostile.uri(), {"x"}));
        calls.push_back(call("status", fmt::format("{},{}", scene->hostile.uri(), good.uris()), {"x"}));
    }
    const auto done = finish_all(calls);
    for (size_t i = 0; i < done.size(); ++i) {
        CAPTURE(later_tricks()[i / 2].name);
        CAPTURE(done[i].err);
        check_output(later_tricks()[i / 2].name, done[i]);
        CHECK(done[i].status() == (i % 2 == 0 ? 69 : 1));
        CHECK(has(done[i].out + done[i].err, all[i / 2]->hostile.uri()));
        CHECK(done[i].took < longest);
    }
    check_memory();
}

TEST_CASE("hostile: a transaction that is refused again and again ends") {
    RedisServer real;
    const HostileServer hostile{{.name = "nil", .says = "_\r\n", .each = true}, real.node(), command_named("MULTI")};
    const auto done = finish_all({call("status", hostile.uri(), {"--no-scripts", "x"}),
                                  call("force-release", hostile.uri(), {"--no-scripts", "--yes", "x"}),
                                  call("verify", hostile.uri(), {"--no-scripts", "--token", "a.1", "x"})});
    for (const Ended& one : done) {
        check_output("nil", one);
        CHECK(one.status() == 69);
        CHECK(has(one.err, "it comes to no end in time"));
        CHECK(one.took < longest);
    }
}

TEST_CASE("a server whose answers come byte by byte is slow, and right") {
    RedisServer real;
    const auto always = [](const auto&) { return true; };
    const HostileServer slow{{.name = "slow", .hands_on = true, .per_byte = 100us}, real.node(), always};
    CHECK(finish(run_on(slow.uri(), {"--node-timeout", "3s", "x", "echo", "ran"})).out == "ran\n");
    CHECK(finish(holdfast::test::holdfast({"status", "--node-timeout", "3s", "--node", slow.uri(), "x"}))
              .out.starts_with("x is free\n"));
    const HostileServer slower{{.name = "slower", .hands_on = true, .per_byte = 20ms}, real.node(), always};
    CHECK(finish(call("run", slower.uri(), {"-n", "x", "echo", "ran"})).status() == 69);
}

} // namespace holdfast::test::hostile_test
