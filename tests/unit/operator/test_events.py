"""Which transitions become Events."""

from typing import Any

from sentiment_operator.api.status import Status
from sentiment_operator.events import announcements
from tests.unit.operator.scenes import decided

TWO = [{"version": "14", "ready": True}, {"version": "14", "ready": True}]
SERVING: dict[str, Any] = {"serves": "14", "settled": True, "children": {"runs": "14", "pods": TWO}}
OUTAGE = {**SERVING, "registry": "RegistryUnreachable"}
REJECTED: dict[str, Any] = {"serves": "13", "rejected": {"14": "Crashed"}, "children": {"runs": "13"}}


def announced(before: Status, after: Status) -> list[tuple[bool, str]]:
    return [(one.warning, one.reason) for one in announcements(before, after)]


def test_a_first_success_is_announced_once() -> None:
    after = decided(SERVING).status
    assert announced(Status(), after) == [(False, "Serving")]
    assert announced(after, after) == []


def test_a_rejection_is_a_warning() -> None:
    assert (True, "Rejected") in announced(decided(SERVING).status, decided(REJECTED).status)


def test_an_outage_of_the_registry_is_announced_when_it_starts_and_when_it_ends() -> None:
    up, down = decided(SERVING).status, decided(OUTAGE).status
    assert announced(up, down) == [(True, "RegistryUnreachable")]
    assert announced(down, up) == [(False, "VersionFound")]
