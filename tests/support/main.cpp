#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

int main(int argc, char** argv) {
    // The servers of a test were started a moment ago: no node would have a vote.
    ::setenv("HOLDFAST_RESTART_GUARD", "off", 1);
    // Whoever runs the tests may have a configuration.
    ::setenv("HOLDFAST_CONFIG", "/dev/null", 1);
    return doctest::Context{argc, argv}.run();
}
