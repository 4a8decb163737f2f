"""HTTP client of `verify`: requests predictions in batches, with a time limit, and without counting in metrics."""

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
"""One batch, including its answer. A batch is about a quarter of a second of work for a whole core."""
CONNECT_SECONDS = 5.0

BATCH_TEXTS = 100
BATCH_BYTES = 256 * 1024
"""A single longer text is sent alone."""

_MAX_ANSWER_BYTES = 8 * 1024 * 1024
_HEADERS = {"Content-Type": "application/json", VERIFICATION: "1"}


class RequestFailed(Exception):
    """There is no usable answer. The message is a phrase without any text of the answer."""


class Unavailable(RequestFailed):
    """The server did not answer, dropped the connection, or reported that it cannot answer now: retry later."""


class UnexpectedStatus(RequestFailed):
    """The server answered with a status that is neither a success nor temporary."""

    def __init__(self, status: int) -> None:
        super().__init__(f"it answered with status {status}")
        self.status = status


class MalformedAnswer(RequestFailed):
    """The answer does not have the format that this release knows."""


class InvalidPrediction(RequestFailed):
    """The answer is well-formed, but its probabilities are not a distribution over labels that include the label."""


class AnsweringModel(msgspec.Struct, frozen=True):
    """The model that an answer names."""

    version: str
    digest: str | None = None


class _One(msgspec.Struct):
    label: str
    # NaN is null in JSON.
    probabilities: dict[str, float | None]


class _Answer(msgspec.Struct):
    predictions: list[_One]
    model: AnsweringModel


_DECODER = msgspec.json.Decoder(_Answer)
# Temporary failures: a draining or restarting server, a proxy or mesh on the path, a rate limit.
_TEMPORARY = frozenset({429, 502, 503, 504})


class Server:
    """A prediction server. Not thread-safe.

    Args:
        url: `http://host:port`.
        keep: keep the connection, and treat its end as the end of the server. Otherwise each request opens its own
            connection, which a Service may route to another of its pods.
    """

    def __init__(self, url: str, *, keep: bool) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None, "the settings have checked the address"
        self._address = (parts.hostname, parts.port or 80)
        self._keep = keep
        self._connection: http.client.HTTPConnection | None = None

    def ready(self) -> bool:
        """Whether it is ready, requested on a separate connection."""
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
        """Predict one batch; for many texts see `batches`.

        Args:
            seconds: the longest that the whole exchange may take.

        Raises:
            RequestFailed: one of its subclasses.
        """
        body = msgspec.json.encode({"texts": texts})
        status, data = self._exchange("POST", "/predict", body, seconds=seconds)
        if status in _TEMPORARY:
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
            # Do not reconnect automatically: the caller must learn that the connection was lost.
            connection.auto_open = 0
            self._connection = connection
        return self._connection


def batches(texts: Sequence[str]) -> Iterator[slice]:
    """Divide the texts into slices that fit into one request."""
    start = size = 0
    for index, text in enumerate(texts):
        # Its size in JSON, where a control character takes six bytes.
        encoded = len(msgspec.json.encode(text)) + 1
        if index > start and (index - start == BATCH_TEXTS or size + encoded > BATCH_BYTES):
            yield slice(start, index)
            start, size = index, 0
        size += encoded
    if start < len(texts):
        yield slice(start, len(texts))


@contextmanager
def _ended_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Shut down the connection after `seconds`. A socket's own timeout restarts with each byte that arrives.

    Raises:
        TimeoutError: the connection was shut down.
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
        # An answer that is cut off in its headers parses as a complete one without a body.
        if over.is_set():
            raise TimeoutError


def _prediction(one: _One) -> Prediction:
    probabilities = {label: math.nan if value is None else value for label, value in one.probabilities.items()}
    total = math.fsum(probabilities.values())
    if one.label not in probabilities or not math.isclose(total, 1.0, abs_tol=1e-6):
        raise InvalidPrediction("its probabilities are no distribution over labels with the predicted one among them")
    return Prediction(one.label, probabilities)
