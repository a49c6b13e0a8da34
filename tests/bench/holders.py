"""What it costs to hold many locks at once on one host, each by a `holdfast run` of its own with the default TTL: CPU
time, memory and wake-ups of the holders and their guards, and what a run beside them takes."""
import signal
import statistics
import time

import subjects
from processes import (PATIENCE, PROGRAMS, Gate, children, cpu_seconds, ended, peak_memory, proportional_memory,
                       require_memory_for, run, start, wait_for, wake_ups)

ROUND = 10  # seconds between renewals: a third of the default TTL


class Holders:
    def __init__(self, bed):
        self.folder, self.log, self.node = bed.folder, bed.log, bed.nodes[0]
        self.subject = subjects.Holdfast([self.node])
        self.runs, self.levels, self.lost = [], {}, None

    def measure(self, plan):
        """Adds holders up to each level, and looks at them for so many seconds."""
        gate, stamps = Gate(self.folder), self.folder / "stamps-held"
        gate.expect_commands()
        for level, window in plan.levels.items():
            signal.alarm(PATIENCE + window)
            require_memory_for(level - len(self.runs))
            while len(self.runs) < level:
                self.runs.append(start(self.subject.command(f"held{len(self.runs)}", PROGRAMS / "stamp", stamps,
                                                            gate.path), self.log))
            wait_for(self.all_hold, "all commands to start", every=0.2)
            self.levels[level] = self.look(window, plan.wraps)
        signal.alarm(PATIENCE)
        gate.open()
        failed = len(ended(self.runs))
        signal.alarm(0)
        self.lost = max(failed, len(self.runs) - len(stamps.read_text().splitlines()))

    def all_hold(self):
        of = children()
        return all(any(program == "stamp" for _, program in of.get(holder.pid, ())) for holder in self.runs)

    def look(self, window, wraps):
        of = children()
        holders = [[holder.pid, *(pid for pid, program in of[holder.pid] if program == "holdfast")]
                   for holder in self.runs]
        pids = [pid for holder in holders for pid in holder]

        def totals():
            return [sum(map(cpu_seconds, pids)), sum(map(wake_ups, pids)), cpu_seconds(self.node.process.pid)]

        begin, before = time.monotonic(), totals()
        walls = [run(self.subject.command("beside", "true"))[0] for _ in range(wraps)]
        time.sleep(max(0, begin + window - time.monotonic()))
        took, after = time.monotonic() - begin, totals()
        cpu, slept, server = (b - a for a, b in zip(before, after))
        return {"seconds": window, "CPU of a core, %": 100 * cpu / took,
                "CPU of a core, the server, %": 100 * server / took,
                "wake-ups a holder and round": slept / len(holders) / (took / ROUND),
                "peak RSS, MB": max(sum(map(peak_memory, holder)) for holder in holders) / 1e6,
                "PSS, MB": statistics.median(sum(map(proportional_memory, holder)) for holder in holders[:20]) / 1e6,
                "run of true beside, ms": walls}

    def results(self):
        return {"held locks": self.levels, "lost": self.lost}
