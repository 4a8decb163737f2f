"""What a server refuses before it looks at a text: bodies, and more requests than it can take."""

import io
import threading
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from sentiment_serving.app import create_app
from sentiment_serving.http.bodies import Bodies
from sentiment_serving.http.predict import Predictor
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.limits import Limits
from sentiment_serving.problems import Problem
from testbed.waiting import eventually
from tests.unit.serving.tiny_model import tiny_scorer

IDENTITY = ModelIdentity(name="reviews", version="14", digest="")
JSON = "application/json"


@pytest.fixture(params=[True, False], ids=["short way", "by way of Flask"])
def client(request: pytest.FixtureRequest) -> FlaskClient:
    """Of a server that takes one request at a time and lets one wait."""
    limits = Limits(body_bytes=1000, working=1, waiting=1, sending=1, large_body_bytes=500)
    return create_app(tiny_scorer(), identity=IDENTITY, limits=limits, fast_path=request.param).test_client()


@pytest.fixture
def busy(client: FlaskClient) -> Iterator[None]:
    """It has a request at work, and one that waits."""
    predictor: Predictor = client.application.extensions["sentiment_serving"].predictor
    predictor.admission.enter()
    waiting = threading.Thread(target=predictor.admission.enter, daemon=True)
    waiting.start()
    eventually(lambda: predictor.admission.waiting == 1, "one to wait")
    yield
    predictor.admission.leave()
    waiting.join(30)


@pytest.mark.parametrize("path", ["/predict", "/explain", "/invocations", "/v2/models/reviews/infer"])
@pytest.mark.usefixtures("busy")
def test_a_full_queue_is_503_with_retry_after(client: FlaskClient, path: str) -> None:
    response = client.post(path, json={"text": "zebra"})
    assert response.status_code == 503
    assert response.content_type == "application/problem+json"
    assert response.headers["Retry-After"] == "1"
    assert response.get_json()["request_id"] == response.headers["X-Request-Id"]
    assert "zebra" not in response.text


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/ping", "/metrics", "/v2/health/ready", "/version", "/"])
@pytest.mark.usefixtures("busy")
def test_what_predicts_nothing_waits_for_nothing(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_afterwards_it_answers_again(client: FlaskClient) -> None:
    predictor: Predictor = client.application.extensions["sentiment_serving"].predictor
    for body in (b"{", b'{"text": "good"}', b'{"texts": [1]}', b"\xff" * 600):
        client.post("/predict", data=body, content_type=JSON)
    assert predictor.admission.working == 0
    assert client.post("/predict", json={"text": "good"}).status_code == 200


def test_with_too_many_still_sending_it_is_503(client: FlaskClient) -> None:
    class Slow(io.BytesIO):
        status = 0

        def read(self, size: int | None = -1, /) -> bytes:
            other = client.application.test_client()
            self.status = other.post("/predict", json={"text": "good"}).status_code
            return super().read(size)

    slow = Slow(b'{"text": "good"}')
    response = client.post("/predict", input_stream=slow, content_length=16, content_type=JSON)
    assert (response.status_code, slow.status) == (200, 503)
    assert client.post("/predict", json={"text": "good"}).status_code == 200


def test_a_sender_waits_a_moment_for_others_whose_bodies_have_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, arrived = threading.Event(), threading.Event()

    class Arriving(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            reading.set()
            arrived.wait(30)
            return super().read(size)

    def read(body: io.BytesIO) -> bytes:
        return bodies.read({"CONTENT_LENGTH": "2", "wsgi.input": body})

    bodies = Bodies(Limits(sending=1))
    other = threading.Thread(target=read, args=(Arriving(b"{}"),))
    other.start()
    assert reading.wait(30)

    def moment(seconds: float) -> None:
        arrived.set()
        other.join(30)

    monkeypatch.setattr("time.sleep", moment)
    assert read(io.BytesIO(b"[]")) == b"[]"


@pytest.mark.parametrize(
    ("length", "status"), [("1001", 413), ("9" * 5000, 413), ("-1", 400), ("1e3", 400), ("²", 400)]
)
def test_an_announced_length_is_checked_before_anything_is_read(client: FlaskClient, length: str, status: int) -> None:
    environ = {"CONTENT_LENGTH": length, "CONTENT_TYPE": JSON}
    assert client.post("/predict", data=b"{}", environ_overrides=environ).status_code == status


def test_a_body_that_ends_before_its_length_is_400(client: FlaskClient) -> None:
    environ = {"CONTENT_LENGTH": "100", "CONTENT_TYPE": JSON}
    response = client.post("/predict", data=b'{"text": "good"}', environ_overrides=environ)
    assert response.status_code == 400
    assert "Content-Length" in response.get_json()["detail"]


def test_a_compressed_body_is_415(client: FlaskClient) -> None:
    response = client.post("/predict", json={"text": "good"}, headers={"Content-Encoding": "gzip"})
    assert response.status_code == 415
    assert "Content-Encoding" in response.get_json()["detail"]


class Arrived(io.BytesIO):
    """A body that has arrived, and the sizes in which it is read."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.sizes: list[int] = []

    def read(self, size: int | None = -1, /) -> bytes:
        self.sizes.append(size or 0)
        return super().read(size)


def announced(body: io.BytesIO) -> dict[str, object]:
    return {"CONTENT_LENGTH": str(len(body.getbuffer())), "wsgi.input": body}


@pytest.mark.parametrize("chunked", [True, False])
def test_no_more_large_bodies_are_kept_than_allowed(chunked: bool) -> None:
    def environ(body: Arrived) -> dict[str, object]:
        return {"wsgi.input_terminated": True, "wsgi.input": body} if chunked else announced(body)

    bodies = Bodies(Limits(working=1, waiting=2, large_body_bytes=500))
    kept = [bodies.read(environ(Arrived(b"x" * 500))) for _ in range(2)]
    refused = Arrived(b"x" * 100_000)
    with pytest.raises(Problem) as raised:
        bodies.read(environ(refused))
    assert (raised.value.status, raised.value.retry_after_seconds) == (503, 1)
    # Many clients read the response only after they have sent everything.
    assert refused.read() == b""
    assert bodies.read(environ(Arrived(b"x" * 499))) == b"x" * 499
    bodies.release(kept.pop())
    assert len(bodies.read(environ(Arrived(b"x" * 100_000)))) == 100_000


def test_a_large_body_waits_unread_for_its_turn() -> None:
    bodies = Bodies(Limits(working=1, waiting=0, large_body_bytes=500))
    first, second = bodies.read(announced(Arrived(b"x" * 500))), Arrived(b"y" * 500)
    found: list[bytes] = []
    waiting = threading.Thread(target=lambda: found.append(bodies.read(announced(second))))
    waiting.start()
    assert second.sizes == []
    bodies.release(first)
    waiting.join(30)
    assert found == [b"y" * 500]


def test_a_large_body_that_is_refused_is_not_kept() -> None:
    bodies = Bodies(Limits(working=1, waiting=0, body_bytes=1000, large_body_bytes=500))
    for _ in range(3):
        with pytest.raises(Problem, match="Request too large"):
            bodies.read({"wsgi.input_terminated": True, "wsgi.input": Arrived(b"x" * 1001)})
        with pytest.raises(Problem, match="Malformed request"):
            bodies.read({"CONTENT_LENGTH": "600", "wsgi.input": Arrived(b"x" * 599)})
    assert bodies.read(announced(Arrived(b"x" * 1000))) == b"x" * 1000


def test_large_bodies_that_are_being_received_leave_places_to_small_ones() -> None:
    arrived = threading.Event()

    class Arriving(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            arrived.wait(30)
            return super().read(size)

    bodies = Bodies(Limits(sending=4, large_body_bytes=500))
    large = [threading.Thread(target=bodies.read, args=(announced(Arriving(b"x" * 500)),)) for _ in range(2)]
    for thread in large:
        thread.start()
    eventually(lambda: len(bodies.overdue(float("inf"))) == 2, "the large ones")
    with pytest.raises(Problem) as raised:
        bodies.read(announced(Arrived(b"x" * 500)))
    assert raised.value.status == 503
    assert bodies.read(announced(Arrived(b"{}"))) == b"{}"
    arrived.set()
    for thread in large:
        thread.join(30)


def test_a_large_body_is_read_in_pieces() -> None:
    body = Arrived(bytes(range(256)) * 1000)
    assert Bodies(Limits()).read(announced(body)) == body.getvalue()
    assert max(body.sizes) <= 65536
