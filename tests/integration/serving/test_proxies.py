"""`fetch` through a proxy: real proxies, the real client."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentiment_serving.fetching import web_store
from sentiment_serving.fetching.errors import Misconfigured, Unreachable
from sentiment_serving.fetching.source import parse_source
from sentiment_serving.fetching.store import open_store
from sentiment_serving.termination import Reason
from testbed.servers import free_port
from tests.integration.serving.fetching import expect
from tests.integration.serving.process import environment, run
from tests.integration.serving.web import WebServer, pump, respond

pytestmark = pytest.mark.integration

FILE = b"the file"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """None but those that a test sets."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def read(url: str) -> bytes:
    return b"".join(open_store(parse_source(f"{url}/m", {}, allow_http=True), {}).stream("f"))


@pytest.fixture
def tunnel() -> Iterator[tuple[str, list[str]]]:
    """A proxy that connects on, and the first line of each request."""
    lines: list[str] = []

    def serve(client: socket.socket) -> None:
        with client:
            head = b""
            while b"\r\n\r\n" not in head and (data := client.recv(65536)):
                head += data
            lines.append(head.decode().splitlines()[0])
            host, _, port = lines[-1].split()[1].rpartition(":")
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                threading.Thread(target=pump, args=(client, server, None), daemon=True).start()
                pump(server, client, None)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", lines
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY"])
def test_http_goes_through_the_proxy_with_its_login(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with WebServer(respond(200, FILE)) as proxy:
        monkeypatch.setenv(name, proxy.url.replace("//", "//u:hunter2@"))
        assert read("http://store.invalid") == FILE
    assert [path for path, _ in proxy.requests] == ["http://store.invalid/m/f"]
    assert proxy.headers[0]["Proxy-Authorization"] == "Basic dTpodW50ZXIy"


def test_https_goes_through_a_tunnel(
    tunnel: tuple[str, list[str]], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, lines = tunnel
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    monkeypatch.setenv("HTTPS_PROXY", url)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    # The address of a proxy is not the store's: a proxy on the node may have a link-local one.
    monkeypatch.setattr(web_store, "is_metadata_address", lambda text: text == "127.0.0.1")
    with WebServer(respond(200, FILE), tls=context) as web:
        assert read(web.url) == FILE
    assert lines == [f"CONNECT 127.0.0.1:{web.port} HTTP/1.1"] or lines == [f"CONNECT 127.0.0.1:{web.port} HTTP/1.0"]


@pytest.mark.parametrize("no_proxy", ["127.0.0.0/8", "127.0.0.1", "10.0.0.0/8,127.0.0.0/16", "*"])
def test_a_range_of_addresses_needs_no_proxy(no_proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    with WebServer(respond(200, FILE)) as web:
        assert read(web.url) == FILE


def test_a_proxy_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with WebServer(respond(200, FILE)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        # It knows no CONNECT.
        with pytest.raises(Unreachable, match="through the proxy: it answered with status 501"):
            read("https://store.invalid")
    with pytest.raises(Unreachable, match="through the proxy: it refused the connection"):
        read("https://store.invalid")


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "https://127.0.0.1:1", "http://", "http://proxy:port"])
def test_a_proxy_of_another_kind_is_a_fault_of_the_configuration(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(Misconfigured, match="HTTPS_PROXY"):
        read("https://store.invalid")


def test_a_metadata_service_stays_refused(tmp_path: Path) -> None:
    with WebServer(respond(200, FILE)) as proxy:
        env = environment(
            MODEL_URI="https://169.254.169.254/latest", MODEL_DIGEST="sha256:" + "0" * 64, MODEL_DIR=str(tmp_path / "m")
        )
        ended = run(
            "fetch", tmp_path / "log", env | {"NO_PROXY": "", "HTTPS_PROXY": proxy.url, "HTTP_PROXY": proxy.url}
        )
    expect(ended, Reason.UNSAFE_SOURCE)
    assert proxy.requests == []
