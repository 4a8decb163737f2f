"""Asks a prediction server over HTTP, as `verify` does: in batches, within a time, and never in its metrics."""

import http.client
import math
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import msgspec

from sentiment_serving.connection_errors import describe_connection_error
from sentiment_serving.headers import VERIFICATION
from sentiment_serving.verifying.checks import Prediction

REQUEST_SECONDS = 30.0
"""One batch, answer included. A batch is about a quarter of a second of work for a whole core."""
CONNECT_SECONDS = 5.0

BATCH_TEXTS = 100
BATCH_BYTES = 256 * 1024
"""A single longer text travels alone."""

_MAX_ANSWER_BYTES = 8 * 1024 * 1024
_HEADERS = {"Content-Type": "application/json", VERIFICATION: "1"}


class RequestFailed(Exception):
    """There is no usable answer. The message is a phrase without content."""


class Unavailable(RequestFailed):
    """The server did not answer, broke off, or says that it cannot now: ask again later."""


class UnexpectedStatus(RequestFailed):
    """The server answered with a status that is neither success nor a passing state."""

    def __init__(self, status: int) -> None:
        super().__init__(f"it answered with status {status}")
        self.status = status


class MalformedAnswer(RequestFailed):
    """The answer is none that this release knows."""


class InvalidPrediction(RequestFailed):
    """The answer is well-formed and nothing a model may say: no distribution over labels, or no label of them."""


class AnsweringModel(msgspec.Struct, frozen=True):
    """The model that an answer says it comes from."""

    version: str
    digest: str | None = None


class _One(msgspec.Struct):
    label: str
    # A number that is none (NaN) is null in JSON.
    probabilities: dict[str, float | None]


class _Answer(msgspec.Struct):
    predictions: list[_One]
    model: AnsweringModel


_DECODER = msgspec.json.Decoder(_Answer)
# What says "not now" rather than "no": drains, restarts, proxies and meshes on the way, limits of their rate.
_PASSING = frozenset({429, 502, 503, 504})


class Server:
    """A server at an address; not for several threads.

    Args:
        url: `http://host:port`.
        keep: keep the connection, and take its end as that of the server. Otherwise each request has its own, which a
            Service may lead to another of its pods.
    """

    def __init__(self, url: str, *, keep: bool) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None, "the settings have checked the address"
        self._address = (parts.hostname, parts.port or 80)
        self._keep = keep
        self._connection: http.client.HTTPConnection | None = None

    def ready(self) -> bool:
        """Whether it wants requests, asked on a connection of its own."""
        self.close()
        try:
            status, _ = self._exchange("GET", "/readyz", None, seconds=CONNECT_SECONDS)
        except RequestFailed:
            return False
        finally:
            self.close()
        return status == 200

    def predict(
        self, texts: Sequence[str], *, seconds: float = REQUEST_SECONDS
    ) -> tuple[AnsweringModel, list[Prediction]]:
        """Ask one batch; for many texts see `batches`.

        Args:
            seconds: the longest that the whole exchange may take.

        Raises:
            RequestFailed: one of its kinds.
        """
        body = msgspec.json.encode({"texts": texts})
        status, data = self._exchange("POST", "/predict", body, seconds=seconds)
        if status in _PASSING:
            raise Unavailable(f"it answered with status {status}")
        if status != 200:
            raise UnexpectedStatus(status)
        try:
            answer = _DECODER.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise MalformedAnswer("its answer is not one of POST /predict") from None
        if len(answer.predictions) != len(texts):
            raise MalformedAnswer(f"it answered {len(answer.predictions)} of {len(texts)} texts")
        return answer.model, [_prediction(one) for one in answer.predictions]

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, method: str, path: str, body: bytes | None, *, seconds: float) -> tuple[int, bytes]:
        try:
            connection = self._connected(min(seconds, CONNECT_SECONDS))
            with _ended_after(connection, seconds):
                connection.request(method, path, body, _HEADERS)
                response = connection.getresponse()
                data = response.read(_MAX_ANSWER_BYTES + 1)
                if response.length and len(data) <= _MAX_ANSWER_BYTES:
                    raise http.client.IncompleteRead(b"", response.length)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unavailable(describe_connection_error(error)) from None
        if len(data) > _MAX_ANSWER_BYTES:
            self.close()
            raise MalformedAnswer(f"its answer has more than {_MAX_ANSWER_BYTES} bytes")
        if response.will_close or not self._keep:
            self.close()
            if self._keep:
                raise Unavailable("it closes its connections, so it is about to end")
        return response.status, data

    def _connected(self, seconds: float) -> http.client.HTTPConnection:
        if self._connection is None:
            connection = http.client.HTTPConnection(*self._address, timeout=seconds)
            connection.connect()
            # Never opened again in silence: that it was lost is the news.
            connection.auto_open = 0
            self._connection = connection
        return self._connection


def batches(texts: Sequence[str]) -> Iterator[slice]:
    """Divide the texts into runs that one request can carry."""
    start = size = 0
    for index, text in enumerate(texts):
        # At most what its bytes are in JSON, where a control character takes six.
        encoded = len(msgspec.json.encode(text)) + 1
        if index > start and (index - start == BATCH_TEXTS or size + encoded > BATCH_BYTES):
            yield slice(start, index)
            start, size = index, 0
        size += encoded
    if start < len(texts):
        yield slice(start, len(texts))


@contextmanager
def _ended_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Cut the connection when the time is over. A socket's own time-out begins anew with each byte that comes.

    Raises:
        TimeoutError: it was cut.
    """
    sock: socket.socket = connection.sock
    over = threading.Event()

    def cut() -> None:
        over.set()
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    sock.settimeout(seconds)
    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        # Cut in its head, an answer reads as a whole one without a body.
        if over.is_set():
            raise TimeoutError


def _prediction(one: _One) -> Prediction:
    probabilities = {label: math.nan if value is None else value for label, value in one.probabilities.items()}
    total = math.fsum(probabilities.values())
    if one.label not in probabilities or not math.isclose(total, 1.0, abs_tol=1e-6):
        raise InvalidPrediction("its probabilities are no distribution over labels with the predicted one among them")
    return Prediction(one.label, probabilities)
