"""What scripts/bench measures, and the servers that it needs: holdfast, flock(1) and `etcdctl lock`.

A subject makes a command line that runs a command under a lock, and says how many are in line for that lock."""
import itertools
import os
import pathlib
import socket
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOLDFAST = str(ROOT / "build/release/holdfast")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("HOLDFAST_", "ETCD"))}
PATIENCE = 90  # seconds until a step that does not come to its end is given up

started = []
number = itertools.count()


def start(words, output):
    started.append(subprocess.Popen(list(map(str, words)), env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=output,
                                    stderr=output))
    return started[-1]


def end_all(folder):
    for process in reversed(started):
        process.kill()
        process.wait()
    for gate in folder.glob("gate*"):
        os.close(os.open(gate, os.O_RDWR))  # a command that still waits there ends


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.01)


class Redis:
    OURS = tuple(f"cmdstat_{name}:" for name in ("info", "zcard", "ping"))

    def __init__(self, folder, log):
        path = folder / f"redis{next(number)}"
        self.url, self.sent, self.received = f"unix://{path}", 0, 0
        self.process = start(["redis-server", "--port", 0, "--unixsocket", path, "--dir", folder, "--save", "",
                              "--appendonly", "no"], log)
        self.connection = socket.socket(socket.AF_UNIX)
        # The socket is there a moment before anybody listens.
        wait_for(lambda: path.exists() and self.connection.connect_ex(str(path)) == 0, "a Redis server")
        self.replies = self.connection.makefile("rb")

    def ask(self, *words):
        """The answer is a number, a line, or one text."""
        request = (" ".join(words) + "\r\n").encode()
        self.connection.sendall(request)
        self.sent += len(request)
        line = self.replies.readline()
        text = self.replies.read(int(line[1:]) + 2) if line.startswith(b"$") else b""
        self.received += len(line + text)
        return (text or line[1:]).decode().strip()

    def totals(self):
        """Commands, those that scripts call among them, and bytes in and out; without our own."""
        calls = sum(int(line.split("calls=")[1].split(",")[0]) for line in self.ask("INFO", "commandstats").splitlines()
                    if line.startswith("cmdstat_") and not line.startswith(self.OURS))
        received = self.received
        fields = dict(line.split(":", 1) for line in self.ask("INFO", "stats").splitlines() if ":" in line)
        total = int(fields["total_net_input_bytes"]) + int(fields["total_net_output_bytes"])
        return calls, total - self.sent - received


class Holdfast:
    def __init__(self, nodes, *options):
        self.nodes = nodes
        urls = ",".join(node.url for node in nodes)
        self.words = [HOLDFAST, "run", "--node", urls, "--restart-guard", "off", *options]

    def command(self, lock, *command):
        return [*self.words, lock, "--", *command]

    def queued(self, lock):
        return min(int(node.ask("ZCARD", "{holdfast:%s}:queue" % lock)) for node in self.nodes)

    def totals(self):
        """A node's share."""
        return [statistics.mean(values) for values in zip(*(node.totals() for node in self.nodes))]


class Flock:
    def __init__(self, folder):
        self.folder = folder

    def command(self, lock, *command):
        return ["flock", str(self.folder / lock), *command]

    def queued(self, lock):
        inode = f":{(self.folder / lock).stat().st_ino} "
        return sum("-> FLOCK" in line and inode in line for line in open("/proc/locks"))


class Etcd:
    def __init__(self, folder, log):
        def free_url():
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                return f"http://127.0.0.1:{probe.getsockname()[1]}"
        client, peer = free_url(), free_url()
        self.etcdctl = ["etcdctl", "--endpoints", client]
        start(["etcd", "--data-dir", folder / "etcd", "--initial-cluster", f"default={peer}",
               "--listen-client-urls", client, "--advertise-client-urls", client,
               "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer], log)
        wait_for(lambda: self.ask("endpoint", "health").returncode == 0, "etcd")

    def ask(self, *words):
        return subprocess.run([*self.etcdctl, *words], env=ENVIRONMENT, capture_output=True)

    def command(self, lock, *command):
        return [*self.etcdctl, "lock", lock, *command]

    def queued(self, lock):
        return len(self.ask("get", lock + "/", "--prefix", "--keys-only").stdout.split()) - 1


class Gate:
    """What a stamp waits for, so that the command ends when we say so."""

    def __init__(self, folder):
        self.path, self.writer = str(folder / f"gate{next(number)}"), None
        os.mkfifo(self.path)

    def await_command(self):
        self.writer = os.open(self.path, os.O_WRONLY)  # blocks until the command is there; see the alarm

    def open(self):
        os.close(self.writer)
