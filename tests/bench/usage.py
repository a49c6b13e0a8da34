"""What the kernel says of processes: who has started them, their CPU time, memory, and wake-ups."""
import pathlib
import time


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
