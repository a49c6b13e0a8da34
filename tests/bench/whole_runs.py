"""How long it takes from the start to the end of a process that runs `true` under a lock."""
import collections
import functools
import random

import subjects
from processes import paused, run
from servers import Counter, url


class WholeRuns:
    def __init__(self, bed, against):
        one, five = bed.nodes[:1], bed.nodes[:5]
        self.five = five
        self.under = {
            "flock": subjects.Flock(bed.folder),
            "C, one node": subjects.Floor("floor_wrap", one),
            "C, one node, static": subjects.Floor("floor_wrap_static", one),
            "C, five nodes, static": subjects.Floor("floor_wrap_static", five),
            "C, five nodes, static, waits for all": subjects.Floor("floor_wrap_static", five, "all"),
            "one node, no guard": subjects.Holdfast(one, "--on-lost", "ignore"),
            **{name: subjects.Holdfast(bed.nodes[:n]) for n, name in subjects.NODES.items()}}
        self.under["one node, no history"] = subjects.Holdfast(one, "--history", "off")
        self.under |= {f"{name}, the other build": subjects.Holdfast(nodes, program=against)
                       for name, nodes in (("one node", one), ("five nodes", five)) if against}
        self.under |= {"sentinel://": subjects.Holdfast([bed.sentinels]),
                       "sentinel://, by its address": subjects.Holdfast([bed.sentinels.master]),
                       "cluster://": subjects.Holdfast([bed.cluster]),
                       "cluster://, by its address": subjects.Holdfast([bed.cluster.owner("wrap")])}
        self.ways = {"sentinel://": [Counter(port) for port in bed.sentinels.ports],
                     "cluster://": [Counter(master.port) for master in bed.cluster.masters]}
        self.requests = collections.defaultdict(list)
        if bed.tls:
            self.under["C, TLS"] = subjects.TlsFloor(bed.tls, bed.certificate)
            self.under["TLS"] = subjects.Holdfast([bed.tls])
        if bed.etcd:
            self.under["etcdctl lock"] = subjects.Etcdctl(bed.etcd)
        if bed.redis_py:
            self.under["redis-py"] = subjects.RedisPy(one[0])
        self.walls, self.cpu, self.faults = (collections.defaultdict(list) for _ in range(3))
        self.server_time = collections.defaultdict(list)

    def steps(self, plan):
        times = collections.Counter({name: plan.wraps for name in [*self.under, "true", "five nodes, two stopped"]})
        times["etcdctl lock"], times["redis-py"] = max(1, plan.wraps // 4), max(1, plan.wraps // 20)
        for name, subject in self.under.items():
            step = functools.partial(self.measure, name, subject.command("wrap", "true"))
            yield from [step] * times[name]
        for name in self.under:
            if name.startswith("one node"):
                yield functools.partial(self.measure_server, name, plan.wraps)
        yield from [functools.partial(self.count_requests, name) for name in self.ways]
        yield from [functools.partial(self.measure, "true", ["true"])] * times["true"]
        yield from [self.measure_with_two_stopped] * times["five nodes, two stopped"]

    def measure(self, name, command):
        wall, cpu, faults = run(command)
        self.walls[name].append(wall)
        self.cpu[name].append(cpu)
        self.faults[name].append(faults)

    def measure_server(self, name, times):
        subject = self.under[name]
        before = subject.nodes[0].time_of_scripts()
        for _ in range(times):
            run(subject.command("wrap", "true"))
        self.server_time[name].append((subject.nodes[0].time_of_scripts() - before) / times)

    def count_requests(self, scheme):
        """Those to the one that was asked most of all that know where the node is."""
        ways = self.ways[scheme]
        before = [way.requests for way in ways]
        path = "/m" if scheme == "sentinel://" else ""
        run([subjects.HOLDFAST, "run", "--node", url(scheme[:-3], [way.port for way in ways], path), "wrap",
             "--", "true"])
        self.requests[scheme].append(max(way.requests - count for way, count in zip(ways, before)))

    def measure_with_two_stopped(self):
        stopped = random.sample(self.five, 2)
        with paused([node.process for node in stopped]):
            # A lock of its own: what reaches the two later is nobody else's.
            self.measure("five nodes, two stopped", self.under["five nodes"].command("stopped", "true"))
        for node in stopped:
            node.ask("PING")  # what was sent to it meanwhile is done

    def results(self):
        return {"run of true, ms": dict(self.walls), "run of true, CPU ms": dict(self.cpu),
                "run of true, page faults": dict(self.faults),
                "run of true, time of the node's scripts, us": dict(self.server_time),
                "requests to one that knows where the node is": {k: max(v) for k, v in self.requests.items()}}

