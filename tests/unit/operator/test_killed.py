"""The operator killed at every one of its writes, before it and after it: the next one comes to the same end.

Covers: a good version; one that its candidate proves bad; one that fails after its switch began. What else the cluster
does (pods of Jobs and Deployments) is played by `World`. The cluster tests kill a real operator at chosen steps.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from sentiment_operator.api.names import Key
from sentiment_operator.api.resource import SentimentModel
from sentiment_operator.observed.observation import Deployment
from tests.unit.operator.memory import Memory, memory, reconcile
from tests.unit.operator.scenes import body, candidate, pod

THIRTEEN = {
    "serves": "13",
    "settled": True,
    "spec": {"model": {"name": "sentiment-reviews", "version": "13"}},
    "children": {"runs": "13", "pods": [{"version": "13", "ready": True}, {"version": "13", "ready": True}]},
}
CRASHED = {"restartCount": 2, "state": {"waiting": {}}, "lastState": {"terminated": {"exitCode": 1}}}
ROUNDS = 12
"""More than any rollout takes: what is not at its end by then never is."""

Effect = Callable[[], Any]


class Killed(Exception):
    """The operator's process has ended."""


class World(Memory):
    """A cluster whose Jobs and Deployments get their pods at once, and an operator that dies at its n-th write."""

    def __init__(self, *, verdict: tuple[str, str], crashing: str = "", kill_at: int = 0, after: bool = False) -> None:
        """`crashing`: the version whose stable pods crash. `kill_at`: counted from 1; 0: never."""
        before = memory(THIRTEEN)
        assert before.model is not None
        asked = SentimentModel.parse(body({}, generation=3))
        super().__init__(replace(asked, status=before.model.status), before.observed)
        self.verdict, self.crashing, self.kill_at, self.after, self.count = verdict, crashing, kill_at, after, 0

    def apply(self, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        stored: Mapping[str, Any] = self._write(lambda: super(World, self).apply(manifest))
        return stored

    def create(self, manifest: Mapping[str, Any]) -> None:
        self._write(lambda: super(World, self).create(manifest))

    def delete(self, api_version: str, kind: str, key: Key, *, uid: str) -> None:
        self._write(lambda: super(World, self).delete(api_version, kind, key, uid=uid))

    def patch_status(self, model: SentimentModel, patch: Mapping[str, Any]) -> SentimentModel | None:
        written: SentimentModel | None = self._write(lambda: super(World, self).patch_status(model, patch))
        return written

    def record_event(self, model: SentimentModel, *, warning: bool, reason: str, message: str, time: str) -> None:
        def record() -> None:
            super(World, self).record_event(model, warning=warning, reason=reason, message=message, time=time)

        self._write(record)

    def _write(self, effect: Effect) -> Any:
        self.count += 1
        dies = self.count == self.kill_at
        if dies and not self.after:
            raise Killed
        done = effect()
        if dies:
            raise Killed
        return done

    def turn(self) -> None:
        """What the cluster's own controllers and kubelets do meanwhile."""
        assert self.model is not None
        found, live = self.observed.candidate, self.observed.deployment
        if found and not found.pods:
            verified = candidate(self.model, version="14", pod={"verify": {"verdict": self.verdict}})
            self.observed = replace(self.observed, candidate=replace(found, pods=verified.pods))
        if live is None:
            return
        version, count = live.template.version, live.wanted
        status: dict[str, Any] = {"serving": CRASHED} if version == self.crashing else {"ready": True}
        manifest = deepcopy(dict(live.body))
        manifest["status"] = {
            "observedGeneration": manifest["metadata"]["generation"],
            "replicas": count,
            "updatedReplicas": count,
            "availableReplicas": 0 if version == self.crashing else count,
        }
        pods = tuple(pod(self.model, number, version=version, **status) for number in range(count))
        self.observed = replace(self.observed, deployment=Deployment.parse(manifest), pods=pods)


def ends(world: World) -> dict[str, Any]:
    """What there is to see once nothing is under way any more."""
    for _ in range(ROUNDS):
        try:
            reconcile(world)
        except Killed:
            continue
        world.turn()
    assert world.model is not None
    assert world.observed.deployment is not None
    status, observed = world.model.status, world.observed
    assert status.serving is not None
    return {
        "conditions": {one.type: f"{one.status}/{one.reason}" for one in status.conditions},
        "serving": status.serving.version,
        "runs": world.observed.deployment.template.version,
        "revisions": sorted(one.template.version for one in observed.revisions),
        "history": [(one.version, one.outcome) for one in status.history],
        "rejected": [one.version for one in status.rejected],
        "rollout": status.rollout,
        "left over": observed.candidate,
        "settled": settled(world),
    }


def settled(world: World) -> bool:
    """Whether another look writes nothing."""
    before = world.count
    reconcile(world)
    return world.count == before


GOOD: dict[str, Any] = {"verdict": ("passed", "AllChecksPassed")}
BAD: dict[str, Any] = {"verdict": ("failed", "ParityFailed")}
FAILS_LATER: dict[str, Any] = {"verdict": ("passed", "AllChecksPassed"), "crashing": "14"}


@pytest.mark.parametrize(
    ("version", "end"),
    [
        (
            GOOD,
            {
                "serving": "14",
                "runs": "14",
                "history": [("14", "Succeeded")],
                "revisions": ["13", "14"],
                "rejected": [],
            },
        ),
        (
            BAD,
            {"serving": "13", "runs": "13", "history": [("14", "Rejected")], "revisions": ["13"], "rejected": ["14"]},
        ),
        (
            FAILS_LATER,
            {
                "serving": "13",
                "runs": "13",
                "history": [("14", "RolledBack")],
                "revisions": ["13", "14"],
                "rejected": ["14"],
            },
        ),
    ],
    ids=["good", "bad", "fails later"],
)
def test_whenever_the_operator_is_killed_the_end_is_the_same(version: dict[str, Any], end: dict[str, Any]) -> None:
    undisturbed = World(**version)
    expected = ends(undisturbed)
    assert {name: expected[name] for name in end} == end
    assert (expected["rollout"], expected["left over"], expected["settled"]) == (None, None, True)
    writes = undisturbed.count
    assert writes >= 6, "there are writes to be killed at"
    for kill_at in range(1, writes + 1):
        for after in (False, True):
            found = ends(World(**version, kill_at=kill_at, after=after))
            assert found == expected, f"killed {'after' if after else 'before'} write {kill_at} of {writes}"
