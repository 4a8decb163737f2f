"""Fetching over broken connections and from web servers that redirect unsafely: real servers, the real client.

| the server | what is made of it |
|---|---|
| breaks off and can go on where it was | the file, whole |
| breaks off for good, replaces the file meanwhile, sends no length | StoreUnreachable |
| stalls, trickles | StoreUnreachable, in time |
| redirects within its host | the file |
| redirects to another host, port or scheme, or in a loop | UnsafeSource |
| has an untrusted certificate | StoreUnreachable |
| answers 404, 401, 503 | ArtifactMissing, StoreUnauthorized, StoreUnreachable |
"""

import ssl
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from sentiment_model.manifest import MODEL
from sentiment_serving.fetching import web_store
from sentiment_serving.fetching.errors import Missing, StoreError, Unauthorized, Unreachable, UnsafeRedirect
from sentiment_serving.fetching.source import parse_source
from sentiment_serving.fetching.store import open_store
from sentiment_serving.fetching.web_store import WebStore
from sentiment_serving.termination import Reason
from tests.integration.serving.process import environment, run
from tests.integration.serving.web import Answer, WebServer, breaking_line, respond
from tests.unit.serving.tiny_model import write_version

pytestmark = pytest.mark.integration

FILE = bytes(range(256)) * 4096
HALF = len(FILE) // 2


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The servers are on this machine."""
    monkeypatch.setenv("NO_PROXY", "*")


def read(url: str, *, read_seconds: float = 10.0, file_seconds: float = 60.0) -> bytes:
    source = parse_source(f"{url}/m", {}, allow_http=True)
    return b"".join(WebStore(source, read_seconds=read_seconds, file_seconds=file_seconds).stream("f"))


def error(answer: Answer, **limits: float) -> StoreError:
    with WebServer(answer) as web, pytest.raises(StoreError) as caught:
        read(web.url, **limits)
    assert web.url not in str(caught.value)
    return caught.value


def ranges(etags: Callable[[], str] = lambda: '"x"') -> Answer:
    """A server that hands out the rest of a file for as long as it is the same file."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        etag, wanted = etags(), handler.headers.get("Range")
        if wanted and handler.headers.get("If-Range", etag) == etag:
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            place = {"Content-Range": f"bytes {start}-{len(FILE) - 1}/{len(FILE)}"}
            respond(206, FILE[start:], place | {"ETag": etag})(handler)
        else:
            respond(200, FILE, {"ETag": etag})(handler)

    return answer


@pytest.mark.parametrize("scheme", ["http", "s3"])
def test_a_transfer_that_breaks_off_is_resumed(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with WebServer(ranges()) as web, breaking_line(web.url, after_bytes=HALF, times=1) as url:
        for name, value in {"AWS_ENDPOINT_URL": url, "AWS_SKIP_SIGNATURE": "true", "AWS_REGION": "x"}.items():
            monkeypatch.setenv(name, value)
        uri = f"{url}/m" if scheme == "http" else "s3://bucket/m"
        store = open_store(parse_source(uri, {"AWS_ENDPOINT_URL": url}, allow_http=True))
        assert b"".join(store.stream("f")) == FILE
    first, second = (place for _, place in web.requests)
    assert first is None
    assert second is not None
    assert 0 < int(second.removeprefix("bytes=").split("-")[0]) <= HALF


def test_a_line_that_breaks_again_and_again_is_no_store() -> None:
    with WebServer(ranges()) as web, breaking_line(web.url, after_bytes=HALF // 4, times=9) as url:
        with pytest.raises(Unreachable, match="broke off"):
            read(url)
        assert len(web.requests) == 1 + web_store.RESUMPTIONS


def test_another_file_meanwhile_is_not_continued_with() -> None:
    etags = iter(['"x"', '"y"'])
    with (
        WebServer(ranges(lambda: next(etags))) as web,
        breaking_line(web.url, after_bytes=HALF, times=1) as url,
        pytest.raises(Unreachable, match="cannot resume the same file"),
    ):
        read(url)


@pytest.mark.parametrize("etag", ["", 'W/"x"'])
def test_a_file_without_a_strong_tag_is_not_continued(etag: str) -> None:
    with WebServer(ranges(lambda: etag)) as web, breaking_line(web.url, after_bytes=HALF, times=1) as url:
        with pytest.raises(Unreachable, match="broke off"):
            read(url)
        assert len(web.requests) == 1


def test_a_chunked_file_arrives_whole_and_a_part_of_it_does_not() -> None:
    def chunked(whole: bool) -> Answer:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(FILE), FILE))
            handler.wfile.write(b"0\r\n\r\n" if whole else b"")
            handler.close_connection = True

        return answer

    with WebServer(chunked(True)) as web:
        assert read(web.url) == FILE
    assert "broke off" in str(error(chunked(False)))


def test_a_file_without_an_end_is_refused() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + FILE)
        handler.close_connection = True

    assert "where a file ends" in str(error(answer))


@pytest.mark.parametrize("begun", [False, True])
def test_a_server_that_stalls_is_left(begun: bool) -> None:
    with WebServer(lambda handler: stall(handler, begun)) as web:

        def stall(handler: BaseHTTPRequestHandler, begun: bool) -> None:
            if begun:
                respond(200, b"x", length=100)(handler)
            web.over.wait(30)

        started = time.monotonic()
        with pytest.raises(Unreachable):
            read(web.url, read_seconds=0.3)
        assert time.monotonic() - started < 10


def test_a_server_that_trickles_is_left() -> None:
    with WebServer(lambda handler: trickle(handler)) as web:

        def trickle(handler: BaseHTTPRequestHandler) -> None:
            respond(200, b"x", length=1_000_000)(handler)
            while not web.over.wait(0.05):
                handler.wfile.write(b"x")

        started = time.monotonic()
        with pytest.raises(Unreachable, match=r"more than 0\.5 s"):
            read(web.url, file_seconds=0.5)
        assert time.monotonic() - started < 10


def redirect(location: Callable[[BaseHTTPRequestHandler], str]) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.startswith("/m/"):
            respond(302, headers={"Location": location(handler)})(handler)
        else:
            respond(200, FILE)(handler)

    return answer


def test_a_redirect_within_the_host_is_followed() -> None:
    with WebServer(redirect(lambda _: "/elsewhere")) as web:
        assert read(web.url) == FILE


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "//metadata.google.internal/",
        "http://localhost:{port}/elsewhere",
        "http://127.0.0.1:1/elsewhere",
        "https://example.invalid/",
        "ftp://127.0.0.1/f",
        "file:///etc/passwd",
        "/m/again",
    ],
)
def test_a_redirect_elsewhere_is_not(location: str) -> None:
    def to(handler: BaseHTTPRequestHandler) -> str:
        return location.format(port=handler.headers["Host"].rpartition(":")[2])

    assert type(error(redirect(to))) is UnsafeRedirect


def test_a_redirect_off_the_host_is_an_unsafe_source(tmp_path: Path) -> None:
    digest = write_version(tmp_path / "registered")
    with WebServer(redirect(lambda _: "http://169.254.169.254/latest/meta-data/")) as web:
        variables = {"MODEL_URI": f"{web.url}/m", "MODEL_DIGEST": digest, "MODEL_DIR": str(tmp_path / "model")}
        ended = run("fetch", tmp_path / "log", environment(**variables, FETCH_ALLOW_HTTP="1"))
    assert ended.termination is not None
    assert ended.termination["reason"] == Reason.UNSAFE_SOURCE
    assert "another host" in ended.termination["message"]
    assert not (tmp_path / "model" / MODEL).exists()
    assert len(web.requests) == 1, "a verdict: not tried again"


def test_a_name_that_has_moved_to_a_metadata_service_is_left_at_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    # Link-local addresses cannot be listened at without changing the machine, so that of the server counts as one.
    with WebServer(respond(200, FILE)) as web:
        store = WebStore(parse_source(f"{web.url}/m", {}, allow_http=True))
        monkeypatch.setattr(web_store, "is_metadata_address", lambda text: text == "127.0.0.1")
        with pytest.raises(UnsafeRedirect, match="metadata"):
            next(store.stream("f"))
        assert web.requests == []


@pytest.mark.parametrize("trusted", [True, False])
def test_https_is_for_those_whose_certificate_is_trusted(
    trusted: bool, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with WebServer(respond(200, FILE), tls=context) as web:
        if trusted:
            assert read(web.url) == FILE
        else:
            with pytest.raises(Unreachable, match="certificate is not trusted"):
                read(web.url)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(404, Missing), (410, Missing), (401, Unauthorized), (403, Unauthorized), (500, Unreachable), (503, Unreachable)],
)
def test_statuses(status: int, kind: type[StoreError]) -> None:
    assert type(error(respond(status, b"hunter2"))) is kind
