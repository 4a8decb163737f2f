"""Runs the application in granian's WSGI server, as one process, and drains it at the end."""

import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import mt
from granian.server.mt import MTServer

from sentiment_model import native
from sentiment_serving.http import slow_bodies
from sentiment_serving.http.drain import ClosingWhileDraining
from sentiment_serving.http.lifecycle import Lifecycle
from sentiment_serving.http.middleware import EXTENSION, Middleware
from sentiment_serving.http.slow_bodies import SlowBodies
from sentiment_serving.settings import ServeSettings
from sentiment_serving.signals import Signals
from sentiment_serving.termination import Reason, Termination

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept, and how long a request's headers may take. Longer than load balancers keep
theirs (60 s for AWS and nginx): the side that sends must close first, or it sends into a closed connection."""

_BACKLOG = 1024
_CONNECTION_BUFFER_BYTES = 64 * 1024
"""What hyper reads ahead from a connection, and the most that the headers of a request may have together. With its 400
KiB, a thousand connections with unfinished headers would take 400 MiB."""
_THREADS_FREE = 4
"""Threads beyond those at work or waiting: they refuse requests during an overload and answer probes."""
_SWITCH_SECONDS = 0.0005
"""The interpreter's switch interval: how long a thread waits before the thread with the lock must release it. With
Python's 5 ms, the last of fifty waiting threads would wait a quarter of a second, even for a probe."""
_LOG = logging.getLogger("sentiment_serving.server")
# Granian's log records go to our handler, like all others.
_GRANIAN_LOGGING: dict[str, Any] = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {}}}


def serve(app: Flask, *, lifecycle: Lifecycle, settings: ServeSettings, signals: Signals) -> None:
    """Answer requests until SIGTERM or SIGINT, then drain and return. Must run in the main thread.

    Raises:
        Termination: BadConfiguration, when the address cannot be listened at.
    """
    refuse_taken_address(settings.host, settings.port)
    server = _OneProcessServer(
        "sentiment_serving",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=KEEP_ALIVE_SECONDS * 1000, max_buffer_size=_CONNECTION_BUFFER_BYTES
        ),
        websockets=False,
        blocking_threads=settings.limits.threads + _THREADS_FREE,
        backlog=_BACKLOG,
        backpressure=settings.connections,
        log_level=LogLevels.warning,
        log_dictconfig=_GRANIAN_LOGGING,
    )
    signals.handle_with(_Shutdown(server, lifecycle, settings).begin)
    application = ClosingWhileDraining(app, lifecycle)
    middleware: Middleware = app.extensions[EXTENSION]
    SlowBodies(middleware.bodies, middleware.time_out).watch()
    # All objects so far live to the end. Without freeze, each collection would scan them while requests wait.
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(_SWITCH_SECONDS)
    scoring = native.implementation()
    _LOG.info("listening at %s port %d, scoring in %s", settings.host, settings.port, scoring)
    server.run(application)
    _LOG.info("stopped")


def refuse_taken_address(host: str, port: int) -> None:
    """Granian lets several processes share a port; two servers of different models must not.

    Raises:
        Termination: BadConfiguration.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise Termination(
            Reason.BAD_CONFIGURATION,
            f"Cannot listen at {host} port {port}: {error.strerror or error}. Choose another HOST or PORT.",
        ) from error


class _OneProcessServer(MTServer):
    """Granian with its worker as a thread of this process.

    Its default for an interpreter with a GIL is a supervisor and a worker process. One process takes 15 MB less, gets
    the signals itself and ends with its own exit code when it runs out of memory. The thread worker is made for
    free-threaded interpreters, where several of them make sense; a single one needs no such interpreter.
    """

    def _check_gil(self) -> None:
        pass

    def run(self, application: ClosingWhileDraining) -> None:
        """Serve until `stop`. Past MTServer's own `serve`, which only warns that free-threading is experimental."""
        mt._wsgi_call_wrap = slow_bodies.with_protocol  # type: ignore[attr-defined]
        super(MTServer, self).serve(target_loader=lambda: application, wrap_loader=False)

    def stop(self) -> None:
        """Close idle connections, finish the others, let `serve` return."""
        self.signal_handler_interrupt()  # type: ignore[no-untyped-call]


class _Shutdown:
    """Drains and stops the server after the first signal."""

    def __init__(self, server: _OneProcessServer, lifecycle: Lifecycle, settings: ServeSettings) -> None:
        self._server = server
        self._lifecycle = lifecycle
        self._settings = settings

    def begin(self, signum: int) -> None:
        """SIGTERM drains. Ctrl-C, and any second signal, only finishes the running requests."""
        again = self._lifecycle.draining
        self._lifecycle.drain()
        drain_seconds = self._settings.drain_seconds if signum == signal.SIGTERM and not again else 0.0
        _LOG.info("draining for %g s after signal %d", drain_seconds, signum)
        _after(drain_seconds, self._server.stop)
        if not again:
            _after(self._settings.shutdown_seconds, _abandon)


def _after(seconds: float, action: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()


def _abandon() -> None:
    _LOG.warning("stopping with requests unfinished: the time for draining is over")
    leave()


def leave() -> None:
    """End the process now, with exit code 0.

    Not by returning from main: granian's threads may still hold Python objects then, which can abort the process.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
