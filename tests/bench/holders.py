"""What it costs to hold many locks at once on one host, each by a `holdfast run` of its own with the default TTL: CPU
time, memory and wake-ups of the holders and their guards, and what a run beside them takes."""
import signal
import statistics
import time

import subjects
from processes import PATIENCE, PROGRAMS, Gate, ended, require_memory_for, run, start, wait_for
from usage import children, cpu_seconds, peak_memory, proportional_memory, wake_ups

ROUND = 10  # seconds between renewals: a third of the default TTL


class Holders:
    def __init__(self, bed):
        self.folder, self.log, self.node = bed.folder, bed.log, bed.nodes[0]
        self.on_one, self.on_five = subjects.Holdfast(bed.nodes[:1]), subjects.Holdfast(bed.nodes[:5])
        self.gate, self.stamps = Gate(bed.folder), bed.folder / "stamps-held"
        self.levels, self.lost = {}, None

    def measure(self, plan):
        """Adds holders up to each level, and looks at them for so many seconds."""
        self.gate.expect_commands()
        wide, runs = self.hold(self.on_five, "held-by-five"), []
        for level, window in plan.levels.items():
            signal.alarm(PATIENCE + window)
            require_memory_for(level - len(runs))
            while len(runs) < level:
                runs.append(self.hold(self.on_one, f"held{len(runs)}"))
            wait_for(lambda: all(len(holder) > 1 for holder in holders_of([wide, *runs])), "all to hold", every=0.2)
            self.levels[level] = self.look(holders_of(runs), holders_of([wide])[0], window, plan.wraps)
        signal.alarm(PATIENCE)
        self.gate.open()
        failed = len(ended([wide, *runs]))
        signal.alarm(0)
        self.lost = max(failed, 1 + len(runs) - len(self.stamps.read_text().splitlines()))

    def hold(self, subject, lock):
        return start(subject.command(lock, PROGRAMS / "stamp", self.stamps, self.gate.path), self.log)

    def look(self, holders, wide, window, wraps):
        pids = [pid for holder in holders for pid in holder]

        def totals():
            return [sum(map(cpu_seconds, pids)), cpu_seconds(self.node.process.pid), sum(map(wake_ups, pids)),
                    sum(map(wake_ups, wide))]

        begin, before = time.monotonic(), totals()
        walls = [run(self.on_one.command("beside", "true"))[0] for _ in range(wraps)]
        time.sleep(max(0, begin + window - time.monotonic()))
        took, after = time.monotonic() - begin, totals()
        cpu, server, woken, woken_wide = (b - a for a, b in zip(before, after))
        rounds = took / ROUND
        return {"seconds": window, "CPU of a core, %": 100 * cpu / took,
                "CPU of a core, the server, %": 100 * server / took,
                "wake-ups a round": woken / len(holders) / rounds, "the same, five nodes": woken_wide / rounds,
                "peak RSS, MB": max(sum(map(peak_memory, holder)) for holder in holders) / 1e6,
                "PSS, MB": statistics.median(sum(map(proportional_memory, holder)) for holder in holders[:20]) / 1e6,
                "run of true beside, ms": walls}

    def results(self):
        return {"held locks": self.levels, "lost": self.lost}


def holders_of(runs):
    """Of each run whose command has started the processes of holdfast: itself and its guard. Of others none."""
    of = children()
    families = [(run.pid, of.get(run.pid, [])) for run in runs]
    return [[pid, *(child for child, program in family if program != "stamp")]
            if any(program == "stamp" for _, program in family) else [] for pid, family in families]
