"""Which model answers: the name, version and digest in every response, log line and metric."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ModelIdentity:
    """A registered version, or a file on a laptop."""

    name: str
    version: str
    """The registry's version number, `local` for a file without one."""
    digest: str
    """`sha256:` and 64 hex digits, or empty when there is no manifest."""
