"""How long it takes to acquire and release in one process, over five connections that stay open: the lock layer, and
the floor in C, which waits for the answers of all or goes on with those of a quorum."""
import collections
import functools
import subprocess

from processes import PATIENCE, PROGRAMS

WARM_UP = 50  # of each process, that do not count


class Cycles:
    def __init__(self, bed, _):
        ports = ",".join(str(node.port) for node in bed.nodes[:5])
        urls = ",".join(node.url for node in bed.nodes[:5])
        self.commands = {"holdfast": [PROGRAMS / "lock_cycle", urls, "cycle"],
                         "C, waits for all": [PROGRAMS / "floor_cycle", "all", ports, "floor:cycle"],
                         "C, quorum": [PROGRAMS / "floor_cycle", "quorum", ports, "floor:cycle"]}
        self.took = collections.defaultdict(list)

    def steps(self, plan):
        for name in self.commands:
            yield from [functools.partial(self.measure, name, plan.cycles)] * plan.cycle_processes

    def measure(self, name, times):
        lines = subprocess.run([*self.commands[name], str(times + WARM_UP)], check=True, capture_output=True,
                               timeout=PATIENCE).stdout.split()
        self.took[name] += [int(line) / 1e6 for line in lines[WARM_UP:]]

    def results(self):
        return {"acquire and release, ms": dict(self.took)}
