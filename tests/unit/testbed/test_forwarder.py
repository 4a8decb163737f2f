"""The forwarder forwards everything while it is open, and nothing while it is closed."""

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from testbed.forwarder import Forwarder


class Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def forwarder() -> Iterator[Forwarder]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        found = Forwarder("127.0.0.1", ("127.0.0.1", server.server_address[1]))
        yield found
        found.close()
        server.shutdown()
        thread.join()


def ask(connection: http.client.HTTPConnection) -> bytes:
    connection.request("GET", "/")
    return connection.getresponse().read()


def test_it_passes_on_while_it_is_open_and_again_after_an_outage(forwarder: Forwarder) -> None:
    kept = http.client.HTTPConnection(*forwarder.address, timeout=5)
    assert (ask(kept), ask(kept)) == (b"hello", b"hello")
    forwarder.close()
    with pytest.raises((OSError, http.client.HTTPException)):
        ask(kept)
    kept.close()
    with pytest.raises(OSError, match="refused"):
        ask(kept)
    forwarder.open()
    again = http.client.HTTPConnection(*forwarder.address, timeout=5)
    assert ask(again) == b"hello"
    again.close()
