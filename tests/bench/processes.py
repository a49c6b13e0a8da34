"""Processes that scripts/bench starts, each ended by its number in the end, and what the kernel says of them."""
import itertools
import os
import pathlib
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "build/release/tests/bench"
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("HOLDFAST_", "ETCD"))}
PATIENCE = 180  # seconds until a step that does not come to its end is given up
MEMORY_OF_ONE = 6 << 20  # bytes that a holder or a waiter and its command may need

started = []
number = itertools.count()


def start(words, output):
    started.append(subprocess.Popen(list(map(str, words)), env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=output,
                                    stderr=output))
    return started[-1]


def end_all(folder):
    for process in reversed(started):
        process.kill()
    for process in started:
        process.wait()
    for gate in folder.glob("gate*"):
        os.close(os.open(gate, os.O_RDWR))  # a command that still waits there ends


def ended(runs):
    """Waits for them; which have failed."""
    failed = [run for run in runs if run.wait() != 0]
    for run in runs:
        started.remove(run)
    return failed


def wait_for(condition, what, every=0.01):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(every)


def require_memory_for(count):
    available = next(int(line.split()[1]) << 10 for line in open("/proc/meminfo") if line.startswith("MemAvailable:"))
    if available < 2 * count * MEMORY_OF_ONE:
        raise RuntimeError(f"not enough memory for {count} at once: {available >> 20} MB are available")


def run(command):
    """From its start to its end, and its CPU time and that of its children; both in ms."""
    begin = time.monotonic_ns()
    pid = os.posix_spawnp(command[0], command, ENVIRONMENT)
    try:
        status, usage = os.wait4(pid, 0)[1:]
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    took = (time.monotonic_ns() - begin) / 1e6
    if status != 0:
        raise RuntimeError(f"{command} failed")
    return took, (usage.ru_utime + usage.ru_stime) * 1e3


class paused:
    """Stops processes for as long as the `with` lasts."""

    def __init__(self, processes):
        self.processes = processes

    def __enter__(self):
        for process in self.processes:
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED)

    def __exit__(self, *_):
        for process in self.processes:
            process.send_signal(signal.SIGCONT)


def children():
    """[(pid, program)] by parent, of all processes."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        program = text[text.index("(") + 1:text.rindex(")")]
        parent = int(text[text.rindex(")") + 2:].split()[1])
        found.setdefault(parent, []).append((int(path.parent.name), program))
    return found


def cpu_seconds(pid):
    """Of all its threads, by its own clock (clock_getcpuclockid(3)): /proc/PID/stat counts in 10 ms."""
    return time.clock_gettime((~pid << 3) | 2)


def status_field(path, name):
    return next(int(line.split()[1]) for line in open(path) if line.startswith(name + ":"))


def wake_ups(pid):
    """How often its threads went to sleep."""
    return sum(status_field(path, "voluntary_ctxt_switches")
               for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status"))


def peak_memory(pid):
    return status_field(f"/proc/{pid}/status", "VmHWM") << 10


def proportional_memory(pid):
    """What it shares with others counts in parts."""
    return status_field(f"/proc/{pid}/smaps_rollup", "Pss") << 10


class Gate:
    """What stamps wait for, so that the commands end when we say so."""

    def __init__(self, folder):
        self.path, self.writer = str(folder / f"gate{next(number)}"), None
        os.mkfifo(self.path)

    def await_command(self):
        self.writer = os.open(self.path, os.O_WRONLY)  # blocks until the command is there; see the alarm

    def expect_commands(self):
        self.writer = os.open(self.path, os.O_RDWR)

    def open(self):
        os.close(self.writer)
