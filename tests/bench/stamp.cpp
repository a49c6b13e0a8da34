/// The guarded command of scripts/bench: appends the moments of its start and its end to FILE, as a line of two numbers
/// of nanoseconds on CLOCK_BOOTTIME. It lasts HOLD milliseconds, or until whoever writes to the fifo GATE closes it.
///
///     stamp FILE HOLD|GATE
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

namespace {

long long now() {
    timespec time{};
    clock_gettime(CLOCK_BOOTTIME, &time);
    return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

void wait_for(const char* hold_or_gate) {
    char* end = nullptr;
    const long hold = strtol(hold_or_gate, &end, 10);
    if (*end == '\0') {
        usleep(static_cast<useconds_t>(hold * 1000));
        return;
    }
    const int gate = open(hold_or_gate, O_RDONLY);
    char byte = 0;
    while (read(gate, &byte, 1) > 0) {
    }
}

} // namespace

int main(int argc, char** argv) {
    const long long start = now();
    if (argc != 3) return 64;
    // Nobody may be left to open the gate.
    alarm(600);
    const int file = open(argv[1], O_WRONLY | O_APPEND | O_CREAT, 0600);
    wait_for(argv[2]);
    char line[64];
    const int size = snprintf(line, sizeof line, "%lld %lld\n", start, now());
    // One write, and the last thing that happens: the line is whole, and the end is the end.
    _exit(write(file, line, static_cast<size_t>(size)) == size ? 0 : 1);
}
