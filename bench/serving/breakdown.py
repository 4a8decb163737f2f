"""The time of each step of one request."""

import io
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bench.serving import servers
from bench.serving.trained import Trained
from bench.serving.wrk import load
from bench.table import Row
from sentiment_model import Scorer
from sentiment_model.manifest import MODEL
from sentiment_serving.app import create_app
from sentiment_serving.http.admission import Admission
from sentiment_serving.http.bodies import Bodies
from sentiment_serving.http.metrics import Metrics
from sentiment_serving.http.request_context import RequestContext
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.limits import Limits
from sentiment_serving.wire import native

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_ROUNDS = 5
_SECONDS = 4


def breakdown(trained: Trained) -> list[Row]:
    """Each step alone, on the same reviews, in this process; and the server's CPU time for the whole request."""
    steps = _steps(trained)
    layer, views = steps.pop("WSGI layer, whole"), steps.pop("Flask views, whole")
    warm = steps.pop("one review, warm")
    total = _server_cpu_us(trained)
    known = sum(steps.values())
    parts = {
        "granian: HTTP, threads, the WSGI environment": total - layer,
        **steps,
        "the rest of the WSGI layer: headers, lookups, calls": layer - known,
    }
    rows = [Row("one request as shipped, CPU", f"{total:.1f} us", "", "", "", None)]
    rows += [Row(f"- {name}", f"{us:.1f} us", "", f"{100 * us / total:.0f} %", "", None) for name, us in parts.items()]
    # The model is larger than the processor's caches: other n-grams are in other memory.
    rows.append(Row("scoring, were it the same review again and again", f"{warm:.1f} us", "", "", "", None))
    rows.append(Row("by Flask's routing and views it is more by", f"{views - layer:.1f} us", "", "", "", None))
    return rows


def _steps(trained: Trained) -> dict[str, float]:
    """Microseconds a request of each step, over all reviews."""
    texts = trained.reviews()
    bodies = trained.bodies(servers.OURS).read_bytes().splitlines()
    scorer = Scorer.open(trained.version / MODEL)
    identity = ModelIdentity(name="reviews", version="14", digest="sha256:" + 64 * "0")
    limits, metrics = Limits(), Metrics(identity, scorer.labels)
    reader, admission = Bodies(limits), Admission(places=limits.working, waiting=limits.waiting, large=limits.large)
    predictions = [scorer.predict(text) for text in texts]
    model = native.model_of(identity)
    environs = [_environ(body) for body in bodies]

    def admitted(_: Any) -> None:
        admission.enter()
        admission.leave()

    def read(body: bytes) -> bytes:
        return reader.read({"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)})

    def count(prediction: Any) -> None:
        metrics.predicted([prediction])
        metrics.answered(route="/predict", code=200, seconds=0.0001, request_id="0" * 32)

    def whole(*, fast_path: bool) -> Callable[[bytes], None]:
        app = create_app(scorer, identity=identity, limits=limits, fast_path=fast_path)

        def ask(body: bytes) -> None:
            for _ in app(_environ(body), lambda status, headers, exc_info=None: lambda data: None):
                pass

        return ask

    made = _us(_environ, bodies)
    return {
        "reading the body": _us(read, bodies),
        "parsing its JSON": _us(native.PredictReader(limits.texts).read, bodies),
        "waiting for one's turn, uncontended": _us(admitted, bodies),
        "scoring": _us(scorer.predict, texts),
        "one review, warm": _us(scorer.predict, texts[:1] * len(texts)),
        "metrics": _us(count, predictions),
        "request id and clock": _us(RequestContext, environs),
        "writing the answer": _us(
            lambda one: native.write_predict([one], scorer.labels, model, single=True), predictions
        ),
        "WSGI layer, whole": _us(whole(fast_path=True), bodies) - made,
        "Flask views, whole": _us(whole(fast_path=False), bodies) - made,
    }


def _us(step: Callable[[Any], object], arguments: list[Any]) -> float:
    """CPU microseconds of one call: the median of rounds over all arguments, each round some times."""
    times = []
    for one in arguments:
        step(one)
    for _ in range(_ROUNDS):
        begun = time.process_time_ns()
        for _ in range(5):
            for one in arguments:
                step(one)
        times.append((time.process_time_ns() - begun) / 5000 / len(arguments))
    return statistics.median(times)


def _environ(body: bytes) -> "WSGIEnvironment":
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/predict",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "127.0.0.1:5000",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "5000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _server_cpu_us(trained: Trained) -> float:
    """CPU microseconds of the whole server process per request, under load."""
    with servers.ours(trained) as running:
        load(running.target, seconds=1)
        before = running.cpu_seconds()
        found = load(running.target, seconds=_SECONDS)
        return (running.cpu_seconds() - before) / found.requests * 1e6
