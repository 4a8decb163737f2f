"""Requests a second and latency, against the peers."""

import statistics
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench.serving import servers
from bench.serving.servers import Running
from bench.serving.trained import Trained
from bench.serving.wrk import Load, load
from bench.table import Row

ROUNDS, SECONDS = 3, 5
_WARM_UP_SECONDS = 1
_PACED_CONNECTIONS = 64
_SERVERS = {
    "shipped": servers.ours,
    "plain": servers.plain,
    "hello": servers.hello,
    "fastapi": servers.fastapi,
    "mlflow": servers.mlflow,
}


@dataclass
class Measured:
    """One server's results, round by round."""

    loads: list[Load] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return statistics.median(one.rate for one in self.loads)

    @property
    def p99_us(self) -> float:
        """The 99th percentile of the latency."""
        return statistics.median(one.p99_us for one in self.loads)

    @property
    def failures(self) -> int:
        """The number of requests that were not answered with 200."""
        return sum(one.failures for one in self.loads)

    def __str__(self) -> str:
        failed = f", **{self.failures} failed**" if self.failures else ""
        return f"{self.rate:,.0f}/s, {statistics.median(self.cpu_us):.0f} us CPU{failed}"


def speed(trained: Trained) -> list[Row]:
    """Load all servers as fast as they answer."""
    found = _compare(trained, list(_SERVERS))
    rows = [
        Row("the model, cross-validated", f"{trained.accuracy:.4f}", "", "", "", None),
        Row("words in a review, mean", f"{trained.words:.0f}", "", "", "", None),
    ]
    for peer, title, plain, shipped in (
        ("mlflow", "`mlflow models serve`", 13.0, 25.0),
        ("fastapi", "FastAPI + uvicorn", 8.0, 15.0),
        ("hello", "Flask hello world", 0.5, 1.0),
    ):
        rows += [
            _faster(f"requests, as shipped, against {title}", found["shipped"], found[peer], shipped),
            _faster(f"requests, plain views, against {title}", found["plain"], found[peer], plain),
        ]
    rows += [
        _later("p99 with 8 connections, as shipped", found["shipped"], found["hello"], 2.0),
        _later("p99 with 8 connections, plain views", found["plain"], found["hello"], 2.0),
    ]
    return rows


def paced(trained: Trained) -> list[Row]:
    """Latency at half of each server's own capacity."""
    found: dict[str, Measured] = {name: Measured() for name in ("shipped", "plain", "hello")}
    with ExitStack() as stack:
        running = {name: stack.enter_context(_SERVERS[name](trained)) for name in found}
        capacity = {name: load(one.target, seconds=SECONDS).rate for name, one in running.items()}
        for _ in range(ROUNDS):
            for name, one in running.items():
                _ask(found[name], one, connections=_PACED_CONNECTIONS, rate=capacity[name] / 2)
    return [
        _later("p99 at half of the capacity, as shipped", found["shipped"], found["hello"], 1.5),
        _later("p99 at half of the capacity, plain views", found["plain"], found["hello"], 1.5),
    ]


def _compare(trained: Trained, names: list[str]) -> dict[str, Measured]:
    found: dict[str, Measured] = {name: Measured() for name in names}
    with ExitStack() as stack:
        running = {name: stack.enter_context(_SERVERS[name](trained)) for name in names}
        for one in running.values():
            load(one.target, seconds=_WARM_UP_SECONDS)
        for _ in range(ROUNDS):
            for name, one in running.items():
                _ask(found[name], one)
    return found


def _ask(measured: Measured, running: Running, *, connections: int = 8, rate: float = 0.0) -> None:
    before = running.cpu_seconds()
    one = load(running.target, seconds=SECONDS, connections=connections, rate=rate)
    measured.loads.append(one)
    measured.cpu_us.append((running.cpu_seconds() - before) / one.requests * 1e6)


def _faster(what: str, ours: Measured, theirs: Measured, wanted: float) -> Row:
    ratio = ours.rate / theirs.rate
    digits = 2 if wanted <= 1 else 1
    met = ratio >= wanted and not ours.failures
    return Row(what, str(ours), str(theirs), f"{ratio:.{digits}f}x", f">= {wanted:g}x", met)


def _later(what: str, ours: Measured, theirs: Measured, wanted: float) -> Row:
    ratio = ours.p99_us / theirs.p99_us
    met = ratio <= wanted and not ours.failures
    return Row(what, _latency(ours), _latency(theirs), f"{ratio:.2f}x", f"<= {wanted:g}x", met)


def _latency(measured: Measured) -> str:
    p50 = statistics.median(one.p50_us for one in measured.loads)
    return f"{measured.p99_us / 1000:.2f} ms (p50 {p50 / 1000:.2f} ms) at {measured.rate:,.0f}/s"
