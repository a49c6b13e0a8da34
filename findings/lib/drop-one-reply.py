"""A link to a server that breaks once: the first request with a given word is executed, its reply is lost.

drop-one-reply.py PORT SOCKET WORD: listens on 127.0.0.1:PORT (0: any; the number is printed), passes all on to SOCKET.
"""
import socket
import sys
import threading

port, path, word = int(sys.argv[1]), sys.argv[2], sys.argv[3].lower().encode()
broken = threading.Event()


def serve(client):
    server = socket.socket(socket.AF_UNIX)
    server.connect(path)
    drop = threading.Event()

    def back():
        while data := server.recv(65536):
            if drop.is_set():
                break
            client.sendall(data)
        for end in (client, server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    threading.Thread(target=back, daemon=True).start()
    try:
        while data := client.recv(65536):
            if word in data.lower() and not broken.is_set():
                broken.set()
                drop.set()
            server.sendall(data)
    except OSError:
        pass


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('127.0.0.1', port))
listener.listen(50)
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
