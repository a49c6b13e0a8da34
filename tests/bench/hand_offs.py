"""How long a lock stays free when it goes from one to the next in line, and what that costs the servers."""
import collections
import functools
import random
import statistics
import time

import subjects
from processes import PROGRAMS, Gate, ended, number, require_memory_for, start, wait_for

STAMP = str(PROGRAMS / "stamp")
HOLD_MS = "5"  # of each waiter but the last
FEW = 6  # runs a round for one waiter, which make one hand-off each


class HandOffs:
    def __init__(self, bed, against):
        self.folder, self.log = bed.folder, bed.log
        self.subjects = {"flock": subjects.Flock(bed.folder), "one node": subjects.Holdfast(bed.nodes[:1]),
                         "five nodes": subjects.Holdfast(bed.nodes[:5])}
        one = bed.nodes[:1]
        self.subjects["one node, no history"] = subjects.Holdfast(one, "--history", "off")
        if against:
            self.subjects["one node, the other build"] = subjects.Holdfast(one, program=against)
        if bed.etcd:
            self.subjects["etcdctl lock"] = subjects.Etcdctl(bed.etcd)
        self.took, self.traffic = collections.defaultdict(list), collections.defaultdict(list)

    def steps(self, plan):
        for name in self.subjects:
            for n in plan.lines.get(name, [1]):
                for nth in range(min(FEW, plan.few) if n == 1 else 1):
                    yield functools.partial(self.measure, name, n, nth == 0)

    def measure(self, name, waiters, measure_traffic):
        subject = self.subjects[name]
        took, cost = self.hand_over(subject, waiters, measure_traffic and isinstance(subject, subjects.Holdfast))
        self.took[name, waiters] += took
        if cost:
            self.traffic[name, waiters].append(cost)

    def hand_over(self, subject, waiters, measure_traffic):
        """One holder, `waiters` in line, and the lock goes from one to the next. Returns the hand-offs in ms, for as
        long as half of the line is still there, and the servers' commands and bytes for each (None: not measured)."""
        require_memory_for(waiters)
        lock = f"lock{next(number)}"
        stamps, first, last = self.folder / f"stamps-{lock}", Gate(self.folder), Gate(self.folder)
        runs = []

        def add(hold):
            runs.append(start(subject.command(lock, STAMP, str(stamps), hold), self.log))

        add(first.path)
        first.await_command()
        for _ in range(waiters - 1):
            add(HOLD_MS)
        wait_for(lambda: subject.queued(lock) == waiters - 1, "all but the last in line")
        add(last.path)
        wait_for(lambda: subject.queued(lock) == waiters, "all in line")
        if measure_traffic:
            # Each waiter refreshes its place once a second.
            before = subject.totals()
            time.sleep(1)
            idle = [b - a for a, b in zip(before, subject.totals())]
        time.sleep(random.uniform(0.05, 1.05))
        if measure_traffic:
            before = subject.totals()
        first.open()
        last.await_command()
        after = subject.totals() if measure_traffic else None
        last.open()
        if ended(runs):
            raise RuntimeError(f"a run of {subject.command(lock, 'COMMAND')} failed")
        held = sorted(tuple(map(int, line.split())) for line in stamps.read_text().splitlines())
        if len(held) != waiters + 1 or any(b[0] < a[1] for a, b in zip(held, held[1:])):
            raise RuntimeError(f"two held the lock at once, or one not at all: {subject.command(lock)}")
        took = [(b[0] - a[1]) / 1e6 for a, b in zip(held, held[1:])]
        traffic = None
        if measure_traffic:
            waited = sum(begin - held[0][1] for begin, _ in held[1:]) / 1e9
            traffic = [(b - a - i * waited / waiters) / waiters for a, b, i in zip(before, after, idle)]
        return took[:(waiters + 1) // 2], traffic

    def results(self):
        def table(of):
            names = dict.fromkeys(name for name, _ in of)
            return {name: {n: values for (other, n), values in sorted(of.items(), key=lambda item: item[0][1])
                           if other == name} for name in names}

        costs = {key: [statistics.median(part) for part in zip(*values)] for key, values in self.traffic.items()}
        return {"hand-off, ms": table(self.took),
                "commands a hand-off": table({key: cost[0] for key, cost in costs.items()}),
                "bytes a hand-off": table({key: cost[1] for key, cost in costs.items()})}
