"""Which transitions are told as Events."""

from typing import Any

from sentiment_operator.api.status import Status
from sentiment_operator.events import announcements
from tests.unit.operator.scenes import decided

TWO = [{"version": "14", "ready": True}, {"version": "14", "ready": True}]
SERVING: dict[str, Any] = {"serves": "14", "settled": True, "children": {"runs": "14", "pods": TWO}}
OUTAGE = {**SERVING, "registry": "RegistryUnreachable"}
REJECTED: dict[str, Any] = {"serves": "13", "rejected": {"14": "Crashed"}, "children": {"runs": "13"}}


def told(before: Status, after: Status) -> list[tuple[bool, str]]:
    return [(one.warning, one.reason) for one in announcements(before, after)]


def test_a_first_success_is_told_once() -> None:
    after = decided(SERVING).status
    assert told(Status(), after) == [(False, "Serving")]
    assert told(after, after) == []


def test_a_rejection_is_a_warning() -> None:
    assert (True, "Rejected") in told(decided(SERVING).status, decided(REJECTED).status)


def test_an_outage_of_the_registry_is_told_when_it_comes_and_when_it_goes() -> None:
    up, down = decided(SERVING).status, decided(OUTAGE).status
    assert told(up, down) == [(True, "RegistryUnreachable")]
    assert told(down, up) == [(False, "VersionFound")]
