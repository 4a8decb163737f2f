"""Flask without sessions and coroutines: no route here needs them, and Flask checks for both in every request."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import NullSession, SessionInterface, SessionMixin


class _NoSessions(SessionInterface):
    """The same empty session for every request; Flask refuses writes to a null session."""

    def __init__(self) -> None:
        self._none = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return self._none

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        raise NotImplementedError("there is no session to save")


class Application(Flask):
    """The application without routes."""

    session_interface = _NoSessions()

    def __init__(self) -> None:
        super().__init__("sentiment_serving", static_folder=None, template_folder=None)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """All views are synchronous."""
        return func
