"""A TCP forwarder that can be closed: an outage of a server for its own clients only."""

import socket
import threading
from contextlib import suppress


class Forwarder:
    """Listens at an address of this machine and, while it is open, forwards connections to another address."""

    def __init__(self, host: str, target: tuple[str, int]) -> None:
        """Open at a free port of `host`."""
        self._target = target
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = self._listen(host, 0)
        self.address: tuple[str, int] = self._listener.getsockname()

    def open(self) -> None:
        """Listen again at the same address."""
        self._listener = self._listen(*self.address)

    def close(self) -> None:
        """Refuse new connections and cut the existing ones."""
        # A thread in accept() keeps the port until shutdown wakes it.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            connections, self._connections = self._connections, set()
        for one in connections:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _listen(self, host: str, port: int) -> socket.socket:
        listener = socket.create_server((host, port), backlog=64)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._target, timeout=5) as server:
            server.settimeout(None)
            with self._lock:
                self._connections |= {client, server}
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()
            with self._lock:
                self._connections -= {client, server}


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Forward until one side ends, then end both."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for one in (source, sink):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
