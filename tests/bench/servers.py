"""The servers that scripts/bench needs: Redis, with TLS or without, and etcd; all over TCP on 127.0.0.1."""
import shutil
import socket
import subprocess

from processes import ENVIRONMENT, number, start, wait_for
from subjects import RedisPy


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Redis:
    OURS = tuple(f"cmdstat_{name}:" for name in ("info", "zcard", "ping"))

    def __init__(self, folder, log, certificate=None):
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
        self.process = start(words, log)
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


class Bed:
    """What all is measured on. The nodes are the same for all; who needs n of them takes the first n."""

    def __init__(self, folder, log):
        self.folder, self.log = folder, log
        self.nodes = [Redis(folder, log) for _ in range(9)]
        self.certificate = Certificate(folder) if shutil.which("openssl") else None
        self.tls = Redis(folder, log, self.certificate) if self.certificate else None
        self.etcd = Etcd(folder, log) if shutil.which("etcd") and shutil.which("etcdctl") else None
        self.redis_py = subprocess.run([RedisPy.PYTHON, "-c", "import redis"], capture_output=True).returncode == 0
