#include "cli/command.hpp"
#include "cli/help.hpp"

#include <doctest/doctest.h>

#include <sstream>

namespace holdfast::test::help_test {

TEST_CASE("help fits 80 columns, of the program and of each command") {
    std::vector<const CommandRow*> all{commands.begin(), commands.end()};
    all.push_back(&program_row);
    for (const CommandRow* command : all) {
        CAPTURE(command->name);
        const std::string text = help_text(*command);
        REQUIRE(text.starts_with("Usage: holdfast"));
        std::istringstream lines{text};
        for (std::string line; std::getline(lines, line);) {
            CAPTURE(line);
            CHECK(line.size() <= 80);
            CHECK_FALSE(line.ends_with(' '));
        }
    }
}

TEST_CASE("a command's help has its own options first, and says what its exit status means") {
    const std::string text = help_text(status_command);
    CHECK(text.starts_with("Usage: holdfast status [OPTIONS] NAME\n"
                           "Who holds lock NAME, and who waits for it.\n"
                           "\n"
                           "  holdfast status deploy\n"
                           "\n"
                           "Options:\n"
                           "  --watch                   show it again every second, until Ctrl-C; without a\n"
                           "                            terminal, each change\n"
                           "  --json                    print one JSON object\n"
                           "\n"
                           "And those of every command: holdfast --help\n"));
    CHECK(text.ends_with("\nThe exit status is 0 when a majority says that it is held, 1 when it is not, 69\n"
                         "when too few nodes can tell.\n"
                         "holdfast(1) has it all.\n"));
    CHECK(help_text(list_command).starts_with("Usage: holdfast list [OPTIONS] [GLOB]\n"));
    CHECK(help_text(doctor_command).starts_with("Usage: holdfast doctor [OPTIONS]\n"));
    CHECK(help_text(run_command)
              .starts_with("Usage: holdfast run [OPTIONS] NAME[,NAME...] [--] COMMAND [ARGUMENT...]\n"
                           "       holdfast run [OPTIONS] NAME[,NAME...] -c 'STRING'\n"));
}

TEST_CASE("an option that leaves no room beside it is explained below, and what is long goes on in the same column") {
    const std::string text = help_text(run_command);
    CHECK(text.find("\n  -w,--wait,--timeout DURATION\n"
                    "                            wait for the lock at most this long (for ever)\n") !=
          std::string::npos);
    CHECK(help_text(program_row)
              .find("\n  --tls-ca FILE             TLS: trust only the authorities in FILE (the\n"
                    "                            system's)\n") != std::string::npos);
}

TEST_CASE("the program's help begins with its commands") {
    const std::string text = help_text(program_row);
    const size_t commands = text.find("\nCommands:\n  run            take lock NAME");
    REQUIRE(commands != std::string::npos);
    CHECK(commands < text.find("  --node URI"));
    CHECK(text.find("  --print-config            print every setting") != std::string::npos);
    CHECK(text.find("--grace") == std::string::npos);
}

} // namespace holdfast::test::help_test
