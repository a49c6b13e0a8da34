// A command at a terminal behaves as it would without holdfast, but that it is not stopped while it has the lock.
#include "support/holdfast.hpp"
#include "support/pty.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace holdfast::test::terminal_test {

namespace {

const std::string ctrl_c = "\x03";
const std::string ctrl_z = "\x1a";
const std::string ctrl_backslash = "\x1c";

/// At a shell that knows holdfast and a node.
struct User {
    RedisServer server;
    TempDir dir;
    Shell shell{{{"PATH", folder_of(HOLDFAST_BINARY) + ":" + std::getenv("PATH")},
                 {"HOME", dir.path()},
                 {"HOLDFAST_NODES", server.uri()}}};

    static std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

    bool lock_is_free() const {
        return eventually([&] { return server.text({"EXISTS", "holdfast:x"}) == "0"; });
    }

    /// What a line shows, and the status of the next prompt, when this is typed as soon as it has said "go".
    std::string stopped_by(const std::string& key, const std::string& line) {
        shell.say(line + "\r");
        shell.wait_for("go");
        shell.say(key);
        const std::string shown = shell.wait_for("]> ");
        shell.wait_until_alone();
        CHECK(lock_is_free());
        return shown;
    }
};

/// The command stands for {}.
std::string plain(const std::string& line) { return fmt::format(fmt::runtime(line), ""); }
std::string held(const std::string& line) { return fmt::format(fmt::runtime(line), "holdfast run x -- "); }

} // namespace

TEST_CASE("where nobody else could miss it the command has the terminal from its start") {
    User user;
    const std::string out = user.shell.run("holdfast run x -c 'cut -d\" \" -f5,8 /proc/$$/stat'");
    CAPTURE(out);
    int own = 0;
    int foreground = -1;
    REQUIRE(std::sscanf(out.c_str(), "%d %d", &own, &foreground) == 2);
    CHECK(own == foreground);
}

TEST_CASE("in a script the command gets the terminal when it reads from it, and the script has it again afterwards") {
    User user;
    const std::string script =
        user.dir.write("script", "holdfast run x -c 'read line; echo got $line'; read line; echo then $line\n");
    user.shell.say("sh " + script + "\r");
    user.shell.say("one\r");
    user.shell.wait_for("got one");
    user.shell.say("two\r");
    user.shell.wait_for("then two");
    CHECK(user.shell.wait_for_prompt() == 0);
}

TEST_CASE("in a pipeline the command gets the terminal when it reads from it, and then whoever reads our output") {
    User user;
    // bash takes a job for stopped when one of its processes ends before it has seen that another goes on: the first
    // ends when bash has reaped the second.
    user.dir.write("first", "read line < /dev/tty; echo $line; until [ -s end ]; do :; done\n"
                            "while kill -0 $(cat end) 2> /dev/null; do :; done\n");
    user.dir.write("second", "read first; read line < /dev/tty; echo $first then $line; echo $$ > end\n");
    user.shell.run("cd");
    user.shell.say("holdfast run x sh first | sh second\r");
    user.shell.say("one\r");
    user.shell.say("two\r");
    user.shell.wait_for("one then two");
    CHECK(user.shell.wait_for_prompt() == 0);
}

TEST_CASE("Ctrl-C ends a command, and a loop or a script around it, as it would without us") {
    User user;
    const std::string command = "{}sh -c 'echo go; exec sleep 60'";
    const std::string loop = "for i in 1 2 3; do " + command + "; done; echo through";
    CHECK(user.stopped_by(ctrl_c, held(command)).ends_with("[130"));
    for (const std::string& line : {command, loop})
        CHECK(user.stopped_by(ctrl_c, held(line)) == user.stopped_by(ctrl_c, plain(line)));
    for (const char* shell : {"sh ", "bash "}) {
        CAPTURE(shell);
        CHECK(user.stopped_by(ctrl_c, shell + user.dir.write("held", held(loop))) ==
              user.stopped_by(ctrl_c, shell + user.dir.write("plain", plain(loop))));
    }
}

TEST_CASE("a Ctrl-C or Ctrl-\\ that only the command got, which had the terminal, ends the script around it as well") {
    User user;
    // What it reads it gets only with the terminal.
    const std::string loop = "for i in 1 2 3; do {}sh -c 'read line; echo go; read line'; done; echo through";
    const auto stopped = [&](const std::string& key, const std::string& shell, const std::string& script) {
        user.shell.say(shell + " " + user.dir.write("script", script) + "\r\r");
        user.shell.wait_for("go");
        user.shell.say(key);
        const std::string shown = user.shell.wait_for("]> ");
        CHECK(user.server.text({"EXISTS", "holdfast:x"}) == "0");
        user.shell.wait_until_alone();
        return shown;
    };
    for (const char* shell : {"sh", "bash"}) {
        CAPTURE(shell);
        CHECK(stopped(ctrl_c, shell, held(loop)).ends_with("[130"));
        CHECK(stopped(ctrl_c, shell, held(loop)) == stopped(ctrl_c, shell, plain(loop)));
    }
    CHECK(stopped(ctrl_backslash, "sh", held(loop)) == stopped(ctrl_backslash, "sh", plain(loop)));
}

TEST_CASE("a script goes on when the command survives Ctrl-C, or ends of a SIGINT that nobody typed") {
    User user;
    const auto goes_on = [&](const std::string& command) {
        user.shell.say("bash " + user.dir.write("script", command + "; echo through\n") + "\r\r");
        user.shell.wait_for("go");
        user.shell.say(ctrl_c);
        user.shell.wait_for("through");
        CHECK(user.shell.wait_for_prompt() == 0);
    };
    goes_on("holdfast run x -- bash -c 'trap \"echo survived; exit 0\" INT; read line; echo go; read line'");
    user.shell.say("sh " +
                   user.dir.write("script", "holdfast run x -c 'read line; kill -INT $PPID; read line'; echo through") +
                   "\r\r");
    user.shell.wait_for("through");
    CHECK(user.shell.wait_for_prompt() == 0);
}

TEST_CASE("Ctrl-Z while the lock is held is refused: a line says why, and the command goes on and keeps the terminal") {
    User user;
    user.shell.say("holdfast run x -c 'echo go; read line; echo got $line'\r");
    user.shell.wait_for("go");
    user.shell.say(ctrl_z);
    user.shell.wait_for("holdfast: not stopped: the lock could not be renewed for a stopped command\r\n");
    // The shell would take it for a command of its own.
    user.shell.say("a line\r");
    CHECK(user.shell.wait_for("got a line") == "");
    CHECK(user.shell.wait_for_prompt() == 0);
}

TEST_CASE("a pager that Ctrl-Z has stopped goes on with the command whose output it reads") {
    User user;
    user.shell.say("holdfast run x seq 20000 | less\r");
    user.shell.wait_for("\n23");
    user.shell.say(ctrl_z);
    user.shell.wait_for("holdfast: not stopped: ");
    user.shell.say(" ");
    user.shell.wait_for("\n46");
    user.shell.say("q");
    CHECK(user.shell.wait_for_prompt() == 0);
}

TEST_CASE("Ctrl-Z while it waits for the lock stops holdfast as anybody, and fg lets it go on") {
    User user;
    user.server.command({"SET", "holdfast:x", "other", "PX", "60000"});
    user.shell.say("holdfast run x echo my turn\r");
    user.shell.wait_for("waiting");
    user.shell.say(ctrl_z);
    CHECK(user.shell.wait_for_prompt() == 128 + SIGTSTP);
    CHECK(user.shell.run("jobs").find("Stopped") != std::string::npos);
    user.shell.say("fg\r");
    user.server.command({"DEL", "holdfast:x"});
    user.shell.wait_for("\x1b[Kmy turn"); // in place of the line that told of the wait
    CHECK(user.shell.wait_for_prompt() == 0);
}

TEST_CASE("in the background a command that reads from the terminal waits, with the lock, and goes on after fg") {
    User user;
    user.shell.say("holdfast run x -c 'read line; echo got $line' &\r");
    user.shell.wait_for("holdfast: the command waits until it is in the foreground, because it uses the terminal\r\n");
    CHECK(user.server.text({"EXISTS", "holdfast:x"}) == "1");
    // The terminal is the shell's.
    CHECK(user.shell.run("echo here").find("here") != std::string::npos);
    user.shell.say("fg\r");
    user.shell.say("a line\r");
    user.shell.wait_for("got a line");
    CHECK(user.shell.wait_for_prompt() == 0);
    CHECK(user.lock_is_free());
}

TEST_CASE("an editor, pagers and password prompts work, and leave the terminal's modes as they were") {
    User user;
    const std::string file = user.dir.write("file", "first line\n");
    std::string numbers;
    for (int i = 1; i <= 20'000; ++i) numbers += fmt::format("{}\n", i);
    user.dir.write("numbers", numbers);
    user.shell.run("cd");
    const std::string modes = user.shell.run("stty -g");
    for (const char* in : {"{}", "echo '{}' > script; sh script"}) {
        CAPTURE(in);
        const auto start = [&](const std::string& line) { user.shell.say(fmt::format(fmt::runtime(in), line) + "\r"); };
        const auto ended_well = [&] {
            CHECK(user.shell.wait_for_prompt() == 0);
            CHECK(user.shell.run("stty -g") == modes);
            CHECK(user.lock_is_free());
        };
        start("holdfast run x -- vi file");
        user.shell.wait_for("first line");
        user.shell.say("Oa new one\x1b:wq\r");
        ended_well();
        CHECK(user.dir.read("file") == "a new one\nfirst line\n");
        user.dir.write("file", "first line\n");

        start("holdfast run x -- less numbers");
        user.shell.wait_for("\n23");
        user.shell.say(" ");
        user.shell.wait_for("\n46");
        user.shell.say("q");
        ended_well();

        start("holdfast run x -- cat numbers | less");
        user.shell.wait_for("\n23");
        user.shell.say(" ");
        user.shell.wait_for("\n46");
        user.shell.say("q");
        ended_well();

        start("holdfast run x -c \"stty -echo; echo go; read word; stty echo; echo got \\$word; stty -echo\"");
        user.shell.wait_for("go");
        user.shell.say("secret\r");
        user.shell.wait_for("got secret");
        ended_well();
    }
}

TEST_CASE(
    "on a terminal the wait is one line with the holder, the place in line and the time, and is wiped in the end") {
    User user;
    Process holder{run_on(user.server.uri(), {"x", "-c", "echo started; read line"})};
    holder.wait_for_out("started");
    user.shell.say("holdfast run x echo my turn\r");
    user.shell.wait_for("\rholdfast: waiting for x: sh (");
    user.shell.wait_for("\rholdfast: waiting for x 1s, place 1: sh (");
    user.shell.wait_for(") has it for ");
    holder.say("\n");
    user.shell.wait_for("\r\x1b[Kmy turn\r\n");
    CHECK(user.shell.wait_for_prompt() == 0);
}

} // namespace holdfast::test::terminal_test
