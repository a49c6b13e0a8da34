#!/bin/sh
# CLI11 takes what is left of a cluster of short options for a positional argument, if it begins with a digit.
#
# Software: CLI11 2.1.2 (Debian 12), 2.4.1 (Debian 13).
# Expected: good guess. A program with the flag -n and a positional NAME refuses "-n2": -n takes no value, and no option is
#   called -2. It does so with "-nx": "-x" was not expected.
# Seen: "-n2" is -n and NAME "-2"; "-n2x" is -n and NAME "-2x", which is no number either. "-nx" and "-n.5" are refused.
# Means: a typing error in the options becomes the name of what is worked on, without a word. A program has to refuse a
#   positional that begins with '-' by itself.
# Time: half a minute, most of it for the compiler (g++ of this system).
limit=300
. "$(dirname "$0")/lib/start.sh"

debian bookworm libcli11-dev=2.1.2+ds-1
debian trixie libcli11-dev=2.4.1+ds-2
cd "$work" || exit 2
cat >program.cpp <<'CPP'
#include <CLI/CLI.hpp>
#include <iostream>

int main(int argc, char** argv) {
    CLI::App app;
    bool flag = false;
    std::string name;
    app.add_flag("-n", flag);
    app.add_option("NAME", name);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError&) {
        std::cout << "refused\n";
        return 0;
    }
    std::cout << (flag ? "-n, " : "") << "NAME " << name << "\n";
}
CPP
for suite in bookworm trixie; do
    g++ -std=c++17 -isystem "$work/$suite/usr/include" program.cpp -o "$suite-program" || cannot "the program does not compile"
    same "$suite, -n2" "$("./$suite-program" -n2)" '-n, NAME -2'
    same "$suite, -n2x" "$("./$suite-program" -n2x)" '-n, NAME -2x'
    same "$suite, -nx" "$("./$suite-program" -nx)" 'refused'
    same "$suite, -n.5" "$("./$suite-program" -n.5)" 'refused'
done
verdict
