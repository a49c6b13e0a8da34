"""The least of a Redis client that the findings need: one connection, a command, a reply."""
import socket
import time


class Connection:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.stream = self.socket.makefile('rb')

    def send(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.socket.sendall(b'*%d\r\n' % len(words) + b''.join(b'$%d\r\n%s\r\n' % (len(w), w) for w in words))

    def read(self):
        line = self.stream.readline()
        if not line:
            raise EOFError('the server closed the connection')
        kind, rest = line[:1], line[1:-2]
        if kind in b'*~>':
            return [self.read() for _ in range(int(rest))]
        if kind == b'%':
            return [self.read() for _ in range(2 * int(rest))]
        if kind == b'$':
            return None if rest == b'-1' else self.stream.read(int(rest) + 2)[:-2]
        return rest

    def ask(self, *words):
        self.send(*words)
        return self.read()

    def fill(self, count, *command):
        """Runs `command` `count` times, with each % replaced by the number, a thousand to a write."""
        for start in range(0, count, 1000):
            numbers = range(start, min(start + 1000, count))
            for number in numbers:
                self.send(*[str(word).replace('%', '%08d' % number) for word in command])
            for _ in numbers:
                self.read()


def wait_for(connection, text, seconds):
    """Seconds until a message comes that holds `text`; None if none does."""
    started = time.monotonic()
    connection.socket.settimeout(seconds)
    try:
        while text not in repr(connection.read()).encode():
            pass
        return time.monotonic() - started
    except TimeoutError:
        return None
