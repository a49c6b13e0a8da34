"""The servers that scripts/bench needs: Redis, with TLS or without, and etcd; all over TCP on 127.0.0.1."""
import select
import shutil
import socket
import subprocess
import threading

from processes import ENVIRONMENT, number, start, wait_for
from subjects import RedisPy


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Redis:
    OURS = tuple(f"cmdstat_{name}:" for name in ("info", "zcard", "ping"))

    def __init__(self, folder, log, certificate=None, options=()):
        self.port, self.sent, self.received = free_port(), 0, 0
        admin = folder / f"redis{next(number)}"
        words = ["redis-server", "--bind", "127.0.0.1", "--unixsocket", admin, "--dir", folder, "--save", "",
                 "--appendonly", "no"]
        if certificate:
            words += ["--port", 0, "--tls-port", self.port, "--tls-cert-file", certificate.cert, "--tls-key-file",
                      certificate.key, "--tls-ca-cert-file", certificate.cert, "--tls-auth-clients", "no"]
            self.url = f"rediss://127.0.0.1:{self.port}?ca={certificate.cert}"
        else:
            words += ["--port", self.port]
            self.url = f"redis://127.0.0.1:{self.port}"
        self.process = start([*words, *options], log)
        self.connection = socket.socket(socket.AF_UNIX)
        # The socket is there a moment before anybody listens.
        wait_for(lambda: self.answers_at(admin), "a Redis server")
        self.replies = self.connection.makefile("rb")

    def answers_at(self, path):
        if self.process.poll() is not None:
            raise RuntimeError("a Redis server did not start")
        return path.exists() and self.connection.connect_ex(str(path)) == 0

    def ask(self, *words):
        """The answer is a number, a line, or one text."""
        request = (" ".join(words) + "\r\n").encode()
        self.connection.sendall(request)
        self.sent += len(request)
        line = self.replies.readline()
        text = self.replies.read(int(line[1:]) + 2) if line.startswith(b"$") else b""
        self.received += len(line + text)
        return (text or line[1:]).decode().strip()

    def time_of_scripts(self):
        """In microseconds, since the server's start. That of scripts, which has the commands in it that they call."""
        return sum(int(line.split("usec=")[1].split(",")[0]) for line in self.ask("INFO", "commandstats").splitlines()
                   if line.startswith(("cmdstat_eval:", "cmdstat_evalsha:")))

    def totals(self):
        """Commands, those that scripts call among them, and bytes in and out; without our own."""
        calls = sum(int(line.split("calls=")[1].split(",")[0]) for line in self.ask("INFO", "commandstats").splitlines()
                    if line.startswith("cmdstat_") and not line.startswith(self.OURS))
        received = self.received
        fields = dict(line.split(":", 1) for line in self.ask("INFO", "stats").splitlines() if ":" in line)
        total = int(fields["total_net_input_bytes"]) + int(fields["total_net_output_bytes"])
        return calls, total - self.sent - received


class Certificate:
    """Of a server at 127.0.0.1, signed by itself."""

    def __init__(self, folder):
        self.cert, self.key = folder / "cert.pem", folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        self.key, "-out", self.cert], check=True, capture_output=True)


class Etcd:
    def __init__(self, folder, log):
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.words = ["etcdctl", "--endpoints", client]
        start(["etcd", "--data-dir", folder / "etcd", "--initial-cluster", f"default={peer}",
               "--listen-client-urls", client, "--advertise-client-urls", client,
               "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer], log)
        wait_for(lambda: self.ask("endpoint", "health").returncode == 0, "etcd")

    def ask(self, *words):
        return subprocess.run([*self.words, *words], env=ENVIRONMENT, capture_output=True)


class Sentinels:
    """Three of them, and the server that they name."""

    def __init__(self, folder, log):
        self.master = Redis(folder, log)
        self.ports = [free_port() for _ in range(3)]
        for port in self.ports:
            (folder / f"sentinel{port}.conf").write_text(
                f"port {port}\nbind 127.0.0.1\ndir {folder}\nsentinel monitor m 127.0.0.1 {self.master.port} 2\n")
            start(["redis-server", folder / f"sentinel{port}.conf", "--sentinel"], log)
        self.url = url("sentinel", self.ports, "/m")
        wait_for(lambda: all("sentinels=3" in cli(port, "INFO", "sentinel") for port in self.ports), "Sentinels")


class Cluster:
    """Three masters, which share the slots."""

    def __init__(self, folder, log):
        bus = [free_port() for _ in range(3)]
        self.masters = [Redis(folder, log, options=["--cluster-enabled", "yes", "--cluster-port", port,
                                                    "--cluster-config-file", f"nodes{port}.conf"]) for port in bus]
        self.url = url("cluster", [master.port for master in self.masters])
        for nth, master in enumerate(self.masters):
            master.ask("CLUSTER", "ADDSLOTSRANGE", str(nth * 16384 // 3), str((nth + 1) * 16384 // 3 - 1))
            master.ask("CLUSTER", "MEET", "127.0.0.1", str(self.masters[0].port), str(bus[0]))
        wait_for(lambda: all("cluster_known_nodes:3" in cli(master.port, "CLUSTER", "INFO") and
                             "cluster_state:ok" in cli(master.port, "CLUSTER", "INFO") for master in self.masters),
                 "a cluster")

    def owner(self, lock):
        key = f"holdfast:{lock}"
        return self.masters[int(self.masters[0].ask("CLUSTER", "KEYSLOT", key)) * 3 // 16384]


class Counter:
    """A way to a server that counts the requests that are sent and then waited for. Serves in a thread."""

    def __init__(self, port):
        self.to, self.requests, self.listener = port, 0, socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        other, answered = {}, set()  # answered: clients that were sent something since they sent something
        while True:
            for ready in select.select([self.listener, *other], [], [])[0]:
                if ready is self.listener:
                    client, server = self.listener.accept()[0], socket.create_connection(("127.0.0.1", self.to))
                    other |= {client: (server, True), server: (client, False)}
                    answered.add(client)
                elif ready in other:
                    self.hand_on(ready, other, answered)

    def hand_on(self, ready, other, answered):
        to, from_client = other[ready]
        try:
            data = ready.recv(65536)
            to.sendall(data)
        except ConnectionError:
            data = b""
        if not data:
            for end in ready, to:
                del other[end]
                answered.discard(end)
                end.close()
        elif not from_client:
            answered.add(to)
        elif ready in answered:
            answered.remove(ready)
            self.requests += 1


def url(scheme, ports, path=""):
    return f"{scheme}://" + "+".join(f"127.0.0.1:{port}" for port in ports) + path


def cli(port, *words):
    return subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, text=True).stdout


class Bed:
    """What all is measured on. The nodes are the same for all; who needs n of them takes the first n."""

    def __init__(self, folder, log):
        self.folder, self.log = folder, log
        self.nodes = [Redis(folder, log) for _ in range(9)]
        self.sentinels, self.cluster = Sentinels(folder, log), Cluster(folder, log)
        self.certificate = Certificate(folder) if shutil.which("openssl") else None
        self.tls = Redis(folder, log, self.certificate) if self.certificate else None
        self.etcd = Etcd(folder, log) if shutil.which("etcd") and shutil.which("etcdctl") else None
        self.redis_py = subprocess.run([RedisPy.PYTHON, "-c", "import redis"], capture_output=True).returncode == 0
