"""What one endpoint is. All of them are in the table `sentiment_serving.routes.table`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from sentiment_serving.http.message import Request, Response
from sentiment_serving.http.service import Service
from sentiment_serving.identity import ModelIdentity

Respond = Callable[[Service, Request], Response]


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """One method of one route. The middleware, Flask's routing and the OpenAPI document all come from it."""

    method: Literal["GET", "POST"]
    route: str
    """The path as Flask writes it: `/v2/models/<name>/infer`. Also the label of metrics and logs."""

    respond: Respond
    summary: str
    tag: str
    """Its heading in the OpenAPI document."""

    success: type[msgspec.Struct] | str
    """The type of a successful response, or the media type of one that is not JSON."""

    request: Mapping[str, type[msgspec.Struct] | None] = field(default_factory=dict)
    """The type of the body by media type; None if the media type alone describes it."""

    problems: tuple[int, ...] = ()
    """Status codes of the problem details that it may return."""

    binary: bool = False
    """Whether request and response may carry binary tensors."""

    fast: bool = False
    """Whether the middleware may answer it before Flask's routing."""

    is_operation: bool = False
    """Whether it is a probe or a scrape: they come every few seconds, and the log leaves them out."""

    @property
    def openapi_path(self) -> str:
        """The path as OpenAPI writes it: `/v2/models/{name}/infer`."""
        return self.route.replace("<", "{").replace(">", "}").rstrip("/") or "/"

    def path_of(self, identity: ModelIdentity) -> str:
        """The path for one model, without placeholders, as WSGI passes it: its bytes in UTF-8, decoded as Latin-1."""
        values = {"<name>": identity.name, "<version>": identity.version}
        path = "/".join(values.get(part, part) for part in self.route.split("/"))
        return path.encode().decode("latin-1")
