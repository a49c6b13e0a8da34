#!/bin/sh
# Under qemu's emulation of one processor's programs on another's, a process cannot be made that shares its maker's memory
# and goes on beside it; and one made as by vfork has a copy.
#
# Software: qemu-user 7.2.22 (Debian 12) and 10.0.13 (Debian 13); images for other processors are built and tried by it.
# Expected: good guess. clone(2) is handed on to the kernel, with all flags.
# Seen: CLONE_VM without CLONE_THREAD is refused with EINVAL. With CLONE_VFORK as well it works, but the child has a copy:
#   what it writes is not seen by its parent, which is what posix_spawn(3) and programs with vfork(2) count on for errors.
# Means: whoever makes processes so has to fall back on a copy after EINVAL, and needs a pipe to hear of an exec that failed.
# Time: about ten seconds.
limit=900
. "$(dirname "$0")/lib/start.sh"

command -v cc >/dev/null || cannot "there is no C compiler"
[ "$(uname -m)" = x86_64 ] || cannot "it is pinned for x86_64"
debian bookworm qemu-user=1:7.2+dfsg-7+deb12u18+b3
program bookworm usr/bin/qemu-x86_64 qemu-7.2
debian_alone trixie qemu-user=1:10.0.13+ds-0+deb13u1
cd "$work" || exit 2

cat >made.c <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int written;
static char stack[65536] __attribute__((aligned(16)));

static int child(void *unused) {
    (void)unused;
    written = 1;
    _exit(0);
}

static const char *made(int flags) {
    written = 0;
    int pid = clone(child, stack + sizeof stack, flags | SIGCHLD, 0);
    if (pid < 0) return strerrorname_np(errno);
    waitpid(pid, 0, 0);
    return written ? "shared" : "copied";
}

int main(void) {
    printf("beside %s, ", made(CLONE_VM));
    printf("as by vfork %s\n", made(CLONE_VM | CLONE_VFORK));
    return 0;
}
C
cc -O1 -static -o made made.c || cannot "the program cannot be built"

same 'by the kernel itself' "$(./made)" 'beside shared, as by vfork shared'
same 'qemu 7.2' "$(bin/qemu-7.2 ./made)" 'beside EINVAL, as by vfork copied'
same 'qemu of Debian 13' "$(trixie/usr/bin/qemu-x86_64 ./made)" 'beside EINVAL, as by vfork copied'
verdict
