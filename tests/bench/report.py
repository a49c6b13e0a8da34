"""What scripts/bench makes of what was measured: medians, what is compared with its limits, tables and charts."""
import math
import os
import platform
import statistics
import subprocess
import time

from subjects import NODES

SETTING = """\
A row without a unit is a ratio of medians of this one run, whose steps came in shuffled order. All servers are Redis over
TCP on 127.0.0.1, without persistence, the same for all who are compared; etcd keeps its data on disk, as it always does.
--restart-guard is off, because these servers were just started. The floor is a static C program on hiredis: SET NX PX,
fork, exec, EVAL; over five nodes it goes on with three answers. Peak RSS is VmHWM of holder and guard, added: what they
share counts twice."""


def summary(samples):
    ordered = sorted(samples)
    return {"median": statistics.median(ordered), "p99": ordered[math.ceil(len(ordered) * 0.99) - 1], "n": len(ordered)}


def summarized(results):
    """Every list of samples as its summary."""
    if isinstance(results, list):
        return summary(results)
    if isinstance(results, dict):
        return {key: summarized(value) for key, value in results.items()}
    return results


def machine():
    model = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    redis = subprocess.run(["redis-server", "--version"], capture_output=True, text=True).stdout.split()[2]
    return {"date": time.strftime("%Y-%m-%d"), "processors": os.cpu_count(), "model": model,
            "kernel": platform.release(), "redis": redis.removeprefix("v=")}


def limits(results):
    """(what, measured, at most) of all that has a limit; what was not measured is None."""
    def median(table, *keys):
        value = results.get(table, {})
        for key in keys:
            value = value.get(key, {})
        return value.get("median")

    def ratio(table, ours, theirs):
        a, b = median(table, *ours), median(table, *theirs)
        return a / b if a and b else None

    def run(ours, theirs):
        return ratio("run of true, ms", [ours], [theirs])

    yield "run of true, one node / flock", run("one node", "flock"), 1.2
    yield "run of true, one node / floor", run("one node", "C, one node, static"), 1.32
    yield "run of true, five nodes / floor", run("five nodes", "C, five nodes, static"), 1.42
    yield "run of true, one node / etcdctl lock", run("one node", "etcdctl lock"), 0.15
    yield "run of true, two of five nodes stopped / none", run("five nodes, two stopped", "five nodes"), 1.3
    yield "run of true, one node / the other build", run("one node", "one node, the other build"), 1.02
    yield "run of true, five nodes / the other build", run("five nodes", "five nodes, the other build"), 1.02
    yield "run of true, one node / without history", run("one node", "one node, no history"), 1.03
    yield ("run of true, page faults, one node / flock",
           ratio("run of true, page faults", ["one node"], ["flock"]), 1.1)
    yield "run of true, TLS, one node / C with the same handshake", run("TLS", "C, TLS"), 1.1
    yield "run of true, nine nodes / one node", run("nine nodes", "one node"), 2.0
    for scheme, most in results.get("requests to one that knows where the node is", {}).items():
        yield f"run of true, {scheme}, requests to one Sentinel or seed, most", most, 2
    guard = [median("run of true, ms", name) for name in ("one node", "one node, no guard")]
    yield "run of true, one node, what the guard adds, ms", guard[0] - guard[1] if all(guard) else None, 0.3
    yield ("acquire and release in one process, five nodes / floor that waits for all",
           ratio("acquire and release, ms", ["holdfast"], ["C, waits for all"]), 1.3)
    levels = results.get("held locks") or {0: {}}
    most = max(levels)
    held = levels[most]
    yield "peak RSS of a holder and its guard, MB", held.get("peak RSS, MB"), 6
    yield "wake-ups of an idle holder and its guard, a renewal round", held.get("wake-ups a round"), 4
    held_long = f"{most} holders of {most} locks for {held.get('seconds')} s"
    yield held_long + ", lost", results.get("lost"), 0
    yield held_long + ", CPU of a core, %", held.get("CPU of a core, %"), 8
    yield held_long + ", PSS of one and its guard, MB", held.get("PSS, MB"), 0.27
    longest = max(results.get("hand-off, ms", {}).get("one node", {0: {}}))
    yield (f"hand-off, one node, {longest} waiting / 1 waiting",
           ratio("hand-off, ms", ["one node", longest], ["one node", 1]), 1.5)
    for theirs, limit in (("flock", 1.3), ("etcdctl lock", 0.45)):
        yield f"hand-off, 1 waiting, one node / {theirs}", ratio("hand-off, ms", ["one node", 1], [theirs, 1]), limit
    yield ("hand-off, 1 waiting, five nodes / etcdctl lock",
           ratio("hand-off, ms", ["five nodes", 1], ["etcdctl lock", 1]), 1)
    for theirs in ("the other build", "no history"):
        yield (f"hand-off, 1 waiting, one node / {theirs}",
               ratio("hand-off, ms", ["one node", 1], ["one node, " + theirs, 1]), 1.03)
    row = "a row of waiting readers, ms"
    yield "50 waiting readers begin, one node, ms", median(row, "one node"), 50
    yield "50 waiting readers begin, one node / flock", ratio(row, ["one node"], ["flock"]), 2
    for what in ("commands a hand-off", "bytes a hand-off"):
        for name, costs in results.get(what, {}).items():
            yield f"{what} and node, {name}: most / fewest", max(costs.values()) / min(costs.values()), 1.2


def compared(results):
    return [{"what": what, "measured": measured, "at most": limit, "within": measured <= limit}
            for what, measured, limit in limits(results) if measured is not None]


def show(results):
    on = results["machine"]
    print(f"{on['date']}, {on['processors']} processors ({on['model']}), Linux {on['kernel']}, Redis {on['redis']}; "
          f"load {results['load'][0]:.2f} -> {results['load'][1]:.2f}\n{SETTING}")
    print(f"\n{'':76}measured   at most")
    for row in results["compared"]:
        print(f"{row['what']:76}{row['measured']:8.2f}{row['at most']:10g}  {'within' if row['within'] else 'OVER'}")
    for title in ("run of true, ms", "run of true, CPU ms", "run of true, page faults",
                  "run of true, time of the node's scripts, us", "acquire and release, ms",
                  "a row of waiting readers, ms"):
        if title in results:
            show_samples(title, results[title])
    for title in ("hand-off, ms", "commands a hand-off", "bytes a hand-off"):
        if title in results:
            show_lines(title, results[title])
    if "held locks" in results:
        show_levels(results["held locks"])
    for title, points in curves(results):
        show_chart(title, points)


def show_samples(title, samples):
    print(f"\n{title:42}{'median':>8}{'p99':>8}{'n':>7}")
    for name, value in sorted(samples.items(), key=lambda item: item[1]["median"]):
        print(f"  {name:40}{value['median']:8.3f}{value['p99']:8.3f}{value['n']:7}")


def show_lines(title, table):
    counts = sorted({n for row in table.values() for n in row})

    def cell(value):
        if value is None:
            return f"{'-':>18}"
        return f"{value['median']:10.2f}{value['p99']:8.2f}" if isinstance(value, dict) else f"{value:18.0f}"

    heading = title + (" (median, p99)" if title == "hand-off, ms" else " and node")
    print(f"\n{heading:30}" + "".join(f"{f'{n} waiting':>18}" for n in counts))
    for name, row in table.items():
        print(f"  {name:28}" + "".join(cell(row.get(n)) for n in counts))


def show_levels(levels):
    print(f"\n{'held locks, one node':30}" + "".join(f"{level:10}" for level in levels))
    for what in next(iter(levels.values())):
        values = [level[what]["median"] if isinstance(level[what], dict) else level[what] for level in levels.values()]
        print(f"  {what:28}" + "".join(f"{value:10.3g}" for value in values))


def curves(results):
    lines, runs, levels = (results.get(key, {}) for key in ("hand-off, ms", "run of true, ms", "held locks"))
    for name, row in lines.items():
        yield f"hand-off by waiters, {name}, ms", {n: value["median"] for n, value in row.items()}
    by_nodes = {n: runs[name]["median"] for n, name in NODES.items() if name in runs}
    yield "run of true by nodes, ms", by_nodes
    for what in ("run of true beside, ms", "CPU of a core, %"):
        values = {level: row[what] for level, row in levels.items()}
        yield f"{what}, by held locks", {n: v["median"] if isinstance(v, dict) else v for n, v in values.items()}


def show_chart(title, points):
    if len(points) < 2:
        return
    print(f"\n{title}")
    longest = max(points.values()) or 1
    for x, y in points.items():
        print(f"  {x:6} |{'#' * round(50 * y / longest)} {y:.3g}")
