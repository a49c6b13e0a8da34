"""Processes that scripts/bench starts, each ended by its number in the end."""
import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import time

from usage import children

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
INSTALLED = ROOT / "build/bench"  # what is measured
PROGRAMS = INSTALLED / "programs"
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("HOLDFAST_", "ETCD"))}
PATIENCE = 180  # seconds until a step that does not come to its end is given up
MEMORY_OF_ONE = 3 << 20  # bytes that have to be free for each holder or waiter, its guard and its command

number = itertools.count()


def copy(program, to):
    """A program starts up to 6 % faster or slower by how its file was written, because that decides how its pages lie in
    memory. All that are compared are written in the same way, and in small pieces, as dpkg writes."""
    with open(program, "rb") as source, open(to, "wb", buffering=0) as target:
        shutil.copyfileobj(source, target, 16384)
    shutil.copymode(program, to)


def copy_build(program, name):
    whole = INSTALLED / name / "whole"
    whole.mkdir(parents=True)
    copy(program, whole.parent / "holdfast")
    for place in "whole", "../libexec/holdfast":
        if (program.parent / place / "holdfast").exists():
            copy(program.parent / place / "holdfast", whole / "holdfast")
    return str(whole.parent / "holdfast")


def install(other_build):
    """Makes the copies that are measured, of ours and of another build (None: there is none), and returns the other's."""
    shutil.rmtree(INSTALLED, ignore_errors=True)
    copy_build(BUILD / "holdfast", "ours")
    shutil.copytree(BUILD / "tests/bench", PROGRAMS, copy_function=copy)
    return other_build and copy_build(pathlib.Path(other_build), "other")


def start(words, output):
    return subprocess.Popen(list(map(str, words)), env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=output,
                            stderr=output)


def end_all(folder):
    """All our children, whatever it was that interrupted us, and what they have left."""
    ours = [pid for pid, _ in children().get(os.getpid(), ())]
    for pid in ours:
        os.kill(pid, signal.SIGKILL)
    for pid in ours:
        os.waitpid(pid, 0)
    for gate in folder.glob("gate*"):
        os.close(os.open(gate, os.O_RDWR))  # a command that still waits there ends


def ended(runs):
    """Waits for them; which have failed."""
    return [run for run in runs if run.wait() != 0]


def wait_for(condition, what, every=0.01):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(every)


def require_memory_for(count):
    available = next(int(line.split()[1]) << 10 for line in open("/proc/meminfo") if line.startswith("MemAvailable:"))
    if available < count * MEMORY_OF_ONE:
        raise RuntimeError(f"not enough memory for {count} at once: {available >> 20} MB are available")


def run(command):
    """From its start to its end, and its CPU time and that of its children, both in ms; and their page faults."""
    begin = time.monotonic_ns()
    pid = os.posix_spawnp(command[0], command, ENVIRONMENT)
    status, usage = os.wait4(pid, 0)[1:]
    took = (time.monotonic_ns() - begin) / 1e6
    if status != 0:
        raise RuntimeError(f"{command} failed")
    return took, (usage.ru_utime + usage.ru_stime) * 1e3, usage.ru_minflt


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
