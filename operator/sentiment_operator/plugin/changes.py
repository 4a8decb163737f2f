"""What `rollback` and `retry` change, and when there is nothing to change. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_operator.api.status import SUCCEEDED, Finished, Status

Json = Mapping[str, Any]


class NothingToDo(Exception):
    """There is nothing to go back to, or nothing to try again; the message says why and what helps."""


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """From which version (and alias) to which, and when that one last succeeded."""

    requested: str
    alias: str
    version: str
    time: str


def rollback(spec: Json, status: Status, *, to: str = "") -> Rollback:
    """The step back: to `to`, or to the version that was last rolled out before the one asked for now.

    A version whose newest entry of the history is no success is no place to go back to.

    Raises:
        NothingToDo: there is no such version, or it is what is asked for already.
    """
    asked = spec["model"]
    alias = asked.get("alias") or ""
    requested = asked.get("version") or (status.desired.version if status.desired else "")
    good = good_versions(status)
    if to and to not in good:
        known = ", ".join(good) or "none"
        raise NothingToDo(f"Version {to} is not one that was rolled out here with success (those are: {known}).")
    if to and to == asked.get("version"):
        raise NothingToDo(f"Version {to} is what the spec asks for already.")
    version = to or next((one for one in good if one != requested), "")
    if not version:
        raise NothingToDo(
            f"The history knows no other version than {requested} that was rolled out with success."
            if requested
            else "The history knows no version that was rolled out with success."
        )
    return Rollback(requested=requested, alias=alias, version=version, time=good[version].time)


def good_versions(status: Status) -> dict[str, Finished]:
    """The versions whose newest rollout succeeded, the latest first."""
    newest: dict[str, Finished] = {}
    for entry in status.history:
        newest.setdefault(entry.version, entry)
    return {version: entry for version, entry in newest.items() if version and entry.outcome == SUCCEEDED}


def version_patch(spec: Json, version: str) -> Sequence[Json]:
    """A JSON patch that asks for `version`, unless somebody has asked for another one meanwhile."""
    return [
        {"op": "test", "path": "/spec/model", "value": spec["model"]},
        {"op": "replace", "path": "/spec/model", "value": {"name": spec["model"]["name"], "version": version}},
    ]


def rejected_reason(status: Status, generation: int) -> str:
    """Why what the spec asks for was rejected.

    Raises:
        NothingToDo: it was not.
    """
    verified, stalled = status.condition("ModelVerified"), status.condition("Stalled")
    if stalled is None or verified is None or stalled.observed_generation != generation:
        raise NothingToDo("The operator has not looked at this spec yet: there is no verdict to try again.")
    if stalled.reason != "Rejected":
        raise NothingToDo(f"Nothing was rejected. {_ready_message(status)}".rstrip())
    return verified.reason


def _ready_message(status: Status) -> str:
    ready = status.condition("Ready")
    return ready.message if ready else ""


def token_patch(token: str) -> Json:
    """A merge patch that sets the token of a new try."""
    return {"spec": {"rollout": {"retryToken": token}}}
