"""How long a row of waiting readers takes to begin when the writer before them ends."""
import collections
import functools
import random
import time

import subjects
from processes import PROGRAMS, Gate, ended, number, require_memory_for, start, wait_for

STAMP = str(PROGRAMS / "stamp")
READ_MS = "20"
FEW = 4  # rows a round


class Rows:
    def __init__(self, bed, against):
        self.folder, self.log = bed.folder, bed.log
        one = bed.nodes[:1]
        self.subjects = {"flock": (subjects.Flock(bed.folder), subjects.Flock(bed.folder, "-s")),
                         "one node": (subjects.Holdfast(one), subjects.Holdfast(one, "--shared"))}
        if against:
            self.subjects["one node, the other build"] = (
                subjects.Holdfast(one, program=against), subjects.Holdfast(one, "--shared", program=against))
        self.readers, self.took = None, collections.defaultdict(list)

    def steps(self, plan):
        self.readers = plan.readers
        for name in self.subjects:
            yield from [functools.partial(self.measure, name)] * min(FEW, plan.few)

    def measure(self, name):
        writer, reader = self.subjects[name]
        require_memory_for(self.readers)
        lock, writing = f"lock{next(number)}", Gate(self.folder)
        written, read = (self.folder / f"stamps-{lock}-{what}" for what in ("written", "read"))
        runs = [start(writer.command(lock, STAMP, written, writing.path), self.log)]
        writing.await_command()
        runs += [start(reader.command(lock, STAMP, read, READ_MS), self.log) for _ in range(self.readers)]
        wait_for(lambda: writer.queued(lock) == self.readers, "all readers in line")
        time.sleep(random.uniform(0.05, 1.05))
        writing.open()
        if ended(runs):
            raise RuntimeError(f"a run of {reader.command(lock, 'COMMAND')} failed")
        end = int(written.read_text().split()[1])
        begins = [int(line.split()[0]) for line in read.read_text().splitlines()]
        if len(begins) != self.readers or min(begins) < end:
            raise RuntimeError(f"a reader ran beside the writer, or not at all: {reader.command(lock, 'COMMAND')}")
        self.took[name].append((max(begins) - end) / 1e6)

    def results(self):
        return {"a row of waiting readers, ms": dict(self.took)}
