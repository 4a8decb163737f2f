"""What `rollback` and `retry` change, and when there is nothing to change. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_operator.api.status import SUCCEEDED, Finished, Status

Json = Mapping[str, Any]


class NothingToDo(Exception):
    """There is no version to roll back to, or none to retry; the message has the cause and what helps."""


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """From which version (and alias) to which, and the time of the latter's last success."""

    requested: str
    alias: str
    version: str
    time: str


def rollback(spec: Json, status: Status, *, to: str = "") -> Rollback:
    """The rollback to `to` or, without it, to the version that was last rolled out before the requested one.

    A version qualifies if its newest entry in the history is a success.

    Raises:
        NothingToDo: there is no such version, or it is requested already.
    """
    asked = spec["model"]
    alias = asked.get("alias") or ""
    requested = asked.get("version") or (status.desired.version if status.desired else "")
    good = good_versions(status)
    if to and to not in good:
        known = ", ".join(good) or "none"
        raise NothingToDo(f"Version {to} was not rolled out successfully here (those that were: {known}).")
    if to and to == asked.get("version"):
        raise NothingToDo(f"The spec requests version {to} already.")
    version = to or next((one for one in good if one != requested), "")
    if not version:
        raise NothingToDo(
            f"The history has no version other than {requested} that was rolled out successfully."
            if requested
            else "The history has no version that was rolled out successfully."
        )
    return Rollback(requested=requested, alias=alias, version=version, time=good[version].time)


def good_versions(status: Status) -> dict[str, Finished]:
    """The versions whose newest rollout succeeded, the newest first."""
    newest: dict[str, Finished] = {}
    for entry in status.history:
        newest.setdefault(entry.version, entry)
    return {version: entry for version, entry in newest.items() if version and entry.outcome == SUCCEEDED}


def version_patch(spec: Json, version: str) -> Sequence[Json]:
    """A JSON patch that requests `version`; it fails if spec.model has changed meanwhile."""
    return [
        {"op": "test", "path": "/spec/model", "value": spec["model"]},
        {"op": "replace", "path": "/spec/model", "value": {"name": spec["model"]["name"], "version": version}},
    ]


def rejected_reason(status: Status, generation: int) -> str:
    """Why the requested version was rejected.

    Raises:
        NothingToDo: it was not.
    """
    verified, stalled = status.condition("ModelVerified"), status.condition("Stalled")
    if stalled is None or verified is None or stalled.observed_generation != generation:
        raise NothingToDo("The operator has not reconciled this spec yet: there is no rejection to retry.")
    if stalled.reason != "Rejected":
        raise NothingToDo(f"Nothing was rejected. {_ready_message(status)}".rstrip())
    return verified.reason


def _ready_message(status: Status) -> str:
    ready = status.condition("Ready")
    return ready.message if ready else ""


def token_patch(token: str) -> Json:
    """A merge patch that sets a new retry token."""
    return {"spec": {"rollout": {"retryToken": token}}}
