"""Bad versions and bad images: what callers notice, and how long it takes until kubectl shows the reason."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.rollout.scenario import Result, Scenario, change, under_load, version
from bench.rollout.stage import MIN_ACCURACY, QUALITY_SET, Stage
from delivery.cluster import DeliveryError
from testbed import faulty
from testbed.resource import Resource

REPLICAS = 2
STARTUP_DEADLINE_SECONDS = 15
PROGRESS_DEADLINE_SECONDS = 20
VERDICT_SECONDS = 30.0
MISSING_DIGEST = "sha256:" + "0" * 64

Spec = Callable[[Stage, Resource], dict[str, Any]]
"""The spec of the patch."""


@dataclass(frozen=True)
class Bad:
    """A patch that must not be served."""

    name: str
    title: str
    spec: Spec
    verified: str
    """The expected reason of ModelVerified."""
    reason: str = "Rejected"
    """The expected reason of Ready."""
    within_seconds: float = VERDICT_SECONDS

    def scenario(self) -> Scenario:
        """As a row of the table."""
        reason = self.verified if self.reason == "Rejected" else self.reason
        target = f"{reason} in <= {self.within_seconds:g} s; 0 failed; 0 answers of it; {REPLICAS} old pods ready"
        return Scenario(self.name, self.title, target, partial(refused, bad=self))


def refused(stage: Stage, *, bad: Bad) -> Result:
    """Apply the patch under load to a serving resource, and restore it afterwards."""
    resource = stage.served()
    good = resource.serving() or ""
    spec = bad.spec(stage, resource)
    wanted = spec["model"]["version"]
    try:
        with under_load(stage, resource) as seen:
            change(seen, resource, spec)
        verified = resource.conditions()["ModelVerified"]
        serving = resource.serving()
    finally:
        restore(stage, resource, good)
    assert seen.outcome is not None
    assert seen.load is not None
    fewest = seen.pods.fewest(good, of=REPLICAS)
    reasons = f"{seen.outcome.reason}/{verified[1]}"
    return Result(
        f"{reasons} in {seen.seconds:.1f} s; {seen.failed}; {seen.answers(wanted)} answers of it; "
        f"at least {fewest} old pods ready",
        met=reasons == f"{bad.reason}/{bad.verified}"
        and serving == good
        and seen.seconds <= bad.within_seconds
        and (seen.load.failed, seen.answers(wanted), fewest) == (0, 0, REPLICAS),
    )


def crash_under_load(stage: Stage) -> Result:
    """A process that ends at its 100th ordinary request: its candidate passes, its first pods under traffic crash."""
    resource = stage.served()
    good = resource.serving() or ""
    before = resource.get("deployment")["spec"]["template"]
    spec = _next_version(stage, resource, image=stage.faulty(faulty.crash_at_request(100)))
    wanted = spec["model"]["version"]
    try:
        with under_load(stage, resource) as seen:
            change(seen, resource, spec)
        whole = resource.get("deployment")["spec"]["template"] == before
        serving = resource.serving()
    finally:
        restore(stage, resource, good)
    assert seen.outcome is not None
    return Result(
        f"{seen.outcome.reason} in {seen.seconds:.1f} s{', template as before' if whole else ', template DIFFERS'}; "
        f"{seen.failed}; {seen.answers(wanted)} right answers of it; "
        f"at least {seen.pods.fewest(good, of=REPLICAS)} old pods ready",
        met=seen.outcome.reason == "RolledBack" and serving == good and whole,
    )


def restore(stage: Stage, resource: Resource, good: str) -> None:
    """Request the version that serves; a resource that does not become ready is not used again."""
    resource.patch({"spec": {**version(good), "image": None, "resources": None, "rollout": None}})
    outcome = resource.wait()
    if not outcome.ready:
        stage.abandon()
        raise DeliveryError(f"version {good} does not serve again: {outcome.reason}: {outcome.message}")


def _next_version(stage: Stage, resource: Resource, **spec: Any) -> dict[str, Any]:
    """A good model with another fault in the spec: its version number identifies its answers."""
    return {**version(stage.registry.publish(resource.model)), **spec}


def _below_quality(stage: Stage, resource: Resource) -> dict[str, Any]:
    stage.provide_quality_set(resource)
    verification = {"maxDisagreement": "1", "minAccuracy": MIN_ACCURACY, "qualitySet": {"configMapName": QUALITY_SET}}
    return {**version(stage.registry.publish_contrary(resource.model)), "rollout": {"verification": verification}}


BAD = (
    Bad(
        "unloadable",
        "model file that cannot be read",
        lambda stage, resource: version(stage.registry.publish_unreadable(resource.model)),
        "UnsupportedFormat",
    ),
    Bad(
        "wrong-digest",
        "bytes that differ from the digest",
        lambda stage, resource: version(stage.registry.publish_tampered(resource.model)),
        "DigestMismatch",
    ),
    Bad(
        "flipped",
        "labels flipped, golden rows too",
        lambda stage, resource: version(stage.registry.publish_contrary(resource.model)),
        "DisagreementTooHigh",
    ),
    Bad(
        "parity",
        "labels flipped after training",
        lambda stage, resource: version(stage.registry.publish_flipped(resource.model)),
        "ParityFailed",
    ),
    Bad("quality", "below the quality set's accuracy", _below_quality, "QualityTooLow"),
    Bad(
        "crash",
        "crash 5 s after the first answer",
        lambda stage, resource: _next_version(stage, resource, image=stage.faulty(faulty.crash_after_first_answer(5))),
        "Crashed",
    ),
    Bad(
        "never-ready",
        f"never ready, `startupDeadlineSeconds: {STARTUP_DEADLINE_SECONDS}`",
        lambda stage, resource: _next_version(
            stage,
            resource,
            image=stage.faulty(faulty.NEVER_READY),
            rollout={"startupDeadlineSeconds": STARTUP_DEADLINE_SECONDS},
        ),
        "LoadFailed",
    ),
    Bad(
        "memory",
        "takes memory until its limit of 192 MiB",
        lambda stage, resource: _next_version(
            stage, resource, image=stage.faulty(faulty.GROW_MEMORY), resources={"limits": {"memory": "192Mi"}}
        ),
        "OutOfMemory",
    ),
    Bad(
        "image-missing",
        f"image that is not there, `progressDeadlineSeconds: {PROGRESS_DEADLINE_SECONDS}`",
        lambda stage, resource: _next_version(
            stage,
            resource,
            image=f"{stage.serving_image.partition('@')[0]}@{MISSING_DIGEST}",
            rollout={"progressDeadlineSeconds": PROGRESS_DEADLINE_SECONDS},
        ),
        "Checking",
        reason="ProgressDeadlineExceeded",
        within_seconds=PROGRESS_DEADLINE_SECONDS + 5,
    ),
)

SCENARIOS = (
    *(bad.scenario() for bad in BAD),
    Scenario(
        "crash-under-load",
        "crash that only the load of the switch shows",
        "RolledBack to the last revision whole; failed requests counted",
        crash_under_load,
    ),
)
