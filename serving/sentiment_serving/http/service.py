"""The parts of one application that its endpoints use."""

from dataclasses import dataclass

from sentiment_serving import problems
from sentiment_serving.http.lifecycle import Lifecycle
from sentiment_serving.http.metrics import Metrics
from sentiment_serving.http.predict import Predictor


@dataclass(frozen=True, kw_only=True)
class Service:
    """Shared by all requests of one application."""

    predictor: Predictor
    metrics: Metrics
    lifecycle: Lifecycle
    openapi: bytes
    """The OpenAPI document, in JSON."""

    def require_model(self, name: str, version: str | None) -> None:
        """Refuse requests for any model but the one that serves.

        Raises:
            Problem: 404.
        """
        identity = self.predictor.identity
        if name != identity.name or version not in (None, identity.version):
            raise problems.not_found(
                f"This server has one model: {identity.name}, version {identity.version}. "
                "Ask for that one, or leave out the version."
            )

    def require_ready(self) -> None:
        """Refuse requests before the first prediction succeeded, and while draining.

        Raises:
            Problem: 503.
        """
        if not self.lifecycle.ready:
            raise problems.not_ready(self.lifecycle.description)
