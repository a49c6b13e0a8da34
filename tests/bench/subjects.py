"""What scripts/bench measures, each as a command line that runs a command under a lock: holdfast, flock(1),
`etcdctl lock`, redis-py's Lock, and the least that can be done in C (floor/). Some say how many are in line."""
import statistics

from processes import INSTALLED, PROGRAMS

HOLDFAST = str(INSTALLED / "ours/holdfast")
NODES = {1: "one node", 3: "three nodes", 5: "five nodes", 7: "seven nodes", 9: "nine nodes"}


class Holdfast:
    def __init__(self, nodes, *options, program=HOLDFAST):
        self.nodes = nodes
        self.urls = ",".join(node.url for node in nodes)
        # The servers are younger than the restart guard; what it goes by is asked all the same.
        self.words = [program, "run", "--node", self.urls, "--restart-guard", "off", *options]

    def command(self, lock, *command):
        return [*self.words, lock, "--", *command]

    def queued(self, lock):
        return min(int(node.ask("ZCARD", "holdfast:{0}:{{holdfast:{0}}}:queue".format(lock))) for node in self.nodes)

    def totals(self):
        """A node's share."""
        return [statistics.mean(values) for values in zip(*(node.totals() for node in self.nodes))]


class Flock:
    def __init__(self, folder, *options):
        self.folder, self.options = folder, options

    def command(self, lock, *command):
        return ["flock", *self.options, str(self.folder / lock), *command]

    def queued(self, lock):
        inode = f":{(self.folder / lock).stat().st_ino} "
        return sum("-> FLOCK" in line and inode in line for line in open("/proc/locks"))


class Etcdctl:
    def __init__(self, etcd):
        self.etcd = etcd

    def command(self, lock, *command):
        return [*self.etcd.words, "lock", lock, *command]

    def queued(self, lock):
        return len(self.etcd.ask("get", lock + "/", "--prefix", "--keys-only").stdout.split()) - 1


class Floor:
    """Goes on with the answers of a quorum, or of all."""

    def __init__(self, program, nodes, wait_for="quorum"):
        self.words = [str(PROGRAMS / program), wait_for, ",".join(str(node.port) for node in nodes)]

    def command(self, lock, *command):
        return [*self.words, "floor:" + lock, *command]


class TlsFloor:
    def __init__(self, node, certificate):
        self.words = [str(PROGRAMS / "floor_tls"), str(node.port), str(certificate.cert)]

    def command(self, lock, *command):
        return [*self.words, "floor:" + lock, *command]


class RedisPy:
    PYTHON = "/usr/bin/python3"  # the distribution's, whose package it is
    PROGRAM = """
import subprocess, sys, redis
with redis.Redis(port=int(sys.argv[1])).lock(sys.argv[2], timeout=30):
    sys.exit(subprocess.run(sys.argv[3:]).returncode)
"""

    def __init__(self, node):
        self.node = node

    def command(self, lock, *command):
        return [self.PYTHON, "-c", self.PROGRAM, str(self.node.port), "redis-py:" + lock, *command]
