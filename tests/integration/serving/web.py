"""Web servers that answer as a test wants, and a line that breaks."""

import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit

Answer = Callable[[BaseHTTPRequestHandler], object]


class WebServer:
    """Answers every GET and POST in the given way, in a thread for each connection.

    Attributes:
        url: its address.
        requests: one entry a request, in their order: path and Range header.
        headers: the headers of each request, in the same order.
        over: set at the end, for answers that wait.
    """

    def __init__(self, answer: Answer, *, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[tuple[str, str | None]] = []
        self.headers: list[dict[str, str]] = []
        self.over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.requests.append((self.path, self.headers.get("Range")))
                outer.headers.append(dict(self.headers))
                with suppress(ConnectionError):
                    answer(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        # Clients that go away are what the tests are about.
        self._server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
            self.url = f"https://127.0.0.1:{self.port}"

    def __enter__(self) -> "WebServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def respond(
    status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, *, length: int | None = None
) -> Answer:
    """Answer always alike. With a `length` other than the body's the connection breaks off after the body."""
    fields = {"Last-Modified": "Wed, 21 Oct 2015 07:28:00 GMT", "ETag": '"x"', **(headers or {})}

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in fields.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
        if length is not None:
            handler.close_connection = True

    return answer


@contextmanager
def breaking_line(url: str, *, after_bytes: int, times: int) -> Iterator[str]:
    """The address of a TCP proxy to a server; the first `times` connections with longer answers break off there."""
    target = urlsplit(url)
    budget = itertools.count(1)

    def forward(client: socket.socket) -> None:
        with client, socket.create_connection((str(target.hostname), target.port or 80)) as server:
            upward = threading.Thread(target=pump, args=(client, server, None), daemon=True)
            upward.start()
            if not pump(server, client, after_bytes) and next(budget) > times:
                pump(server, client, None)
            for end in (client, server):
                with suppress(OSError):
                    # The other thread still reads there, and a socket that is read is not closed by closing it.
                    end.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=forward, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def pump(source: socket.socket, sink: socket.socket, most: int | None) -> bool:
    """Carry bytes until the source ends (True) or `most` bytes went through (False)."""
    left = most
    with suppress(OSError):
        while left is None or left > 0:
            data = source.recv(65536 if left is None else min(65536, left))
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return True
            sink.sendall(data)
            left = None if left is None else left - len(data)
        return False
    return True
