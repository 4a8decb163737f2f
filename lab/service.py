"""A long-running program of the lab: starting it and checking its health."""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from lab import process
from lab.errors import LabError
from lab.layout import State
from lab.wait import until


@dataclass(frozen=True, kw_only=True)
class Service:
    """One program."""

    name: str
    argv: tuple[str, ...]
    health: str
    """A URL that answers with a status below 400 once the program works."""
    authority: Path | None = None
    """The CA that signed its certificate; without one, https is not verified (self-signed components)."""
    environment: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    in_memory: bool = False
    """Its data is in memory only: `stop` then refuses connections to it instead of ending it."""

    @property
    def port(self) -> int:
        port = urlsplit(self.health).port
        assert port is not None
        return port


def start(state: State, service: Service) -> None:
    """Start a program unless it runs; returns at once."""
    if process.recorded(state.processes, service.name) is None:
        process.spawn(
            service.name,
            service.argv,
            mark=state.root,
            records=state.processes,
            log=state.logs / f"{service.name}.log",
            environment=service.environment,
        )


def wait_healthy(state: State, service: Service, *, seconds: float = 90) -> None:
    """Return once the program is healthy.

    Raises:
        LabError: it ended, or is not healthy in time; the message quotes the last lines of its log.
    """

    def settled() -> bool:
        return healthy(service) or not running(state, service)

    try:
        until(f"an answer of {service.name} at {service.health}", settled, seconds=seconds)
        if running(state, service):
            return
        problem = f"{service.name} ended at once"
    except LabError as err:
        problem = str(err)
    log = state.logs / f"{service.name}.log"
    raise LabError(f"{problem}; its log {log} ends with:\n{last_lines(log)}")


def running(state: State, service: Service) -> bool:
    return process.recorded(state.processes, service.name) is not None


def healthy(service: Service) -> bool:
    """Check the health URL once; no answer counts as unhealthy."""
    parts = urlsplit(service.health)
    assert parts.hostname is not None
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=2, context=_tls(service.authority))
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=2)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        return connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _tls(authority: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority:
        context.load_verify_locations(authority)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def last_lines(log: Path, count: int = 15) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return "  (no log)"
    return "\n".join(f"  {line}" for line in lines)
