"""The record of a rollout: its clock, what serves, what was rejected, what has finished. Pure."""

from datetime import datetime, timedelta

from msgspec import structs

from sentiment_operator.api.names import revision_name
from sentiment_operator.api.resource import SentimentModel, Spec, Target
from sentiment_operator.api.status import (
    MEMORY_LENGTH,
    SUCCEEDED,
    Finished,
    Rejected,
    RolloutStatus,
    Serving,
    Status,
    moment_of,
    timestamp,
)
from sentiment_operator.api.verdict import Verdict
from sentiment_operator.decision.diagnose import Diagnosis
from sentiment_operator.observed.observation import Observation, Template

RESOLVING = "Resolving"
VERIFYING = "Verifying"
ROLLING_OUT = "RollingOut"
ROLLING_BACK = "RollingBack"


def advance(
    before: RolloutStatus | None, after: RolloutStatus, *, now: datetime, deadline_seconds: float
) -> RolloutStatus:
    """`after`, the rollout at its present step, with the start time and the attempts of `before`.

    One clock runs for the whole rollout. It is restarted for another version, revision or verification, and when a step
    succeeds past the deadline: the steps after it get the full time.
    """
    fresh = structs.replace(after, started_time=timestamp(now), attempt=1)
    if before is None or any(
        was not in ("", now_is)
        for was, now_is in (
            (before.version, after.version),
            (before.revision, after.revision),
            (before.key, after.key),
        )
    ):
        return fresh
    if before.step != after.step and remaining_seconds(before, now, deadline_seconds) <= 0:
        return structs.replace(fresh, attempt=before.attempt)
    started = min(moment_of(before.started_time), now)
    return structs.replace(after, started_time=timestamp(started), attempt=before.attempt)


def remaining_seconds(rollout: RolloutStatus, now: datetime, deadline_seconds: float) -> float:
    """Seconds until the deadline; negative past it.

    On the wall clock, because the deadline outlives the operator. If the clock was set back, a rollout gets at most the
    full deadline.
    """
    started = min(moment_of(rollout.started_time), now)
    return (started + timedelta(seconds=deadline_seconds) - now).total_seconds()


def current_serving(model: SentimentModel, observed: Observation, now: datetime) -> Serving | None:
    """What serves: from the status or, if the status was lost, from pods that have settled.

    A template that is being rolled out or was rejected does not count.
    """
    if model.status.serving is not None or observed.deployment is None:
        return model.status.serving
    live, rollout = observed.deployment.template, model.status.rollout
    unproven = rollout.revision if rollout and rollout.step == ROLLING_OUT else ""

    def may_have_served(key: str) -> bool:
        revision = revision_name(model.name, key)
        return bool(key) and revision != unproven and not model.status.is_rejected(revision)

    if may_have_served(live.key) and observed.deployment.available > 0 and settled(model.spec, observed):
        return serving_from(model, live, None, now)
    for pod in observed.pods:
        template = observed.template(pod.key) if pod.ready and pod.key != live.key else None
        if template is not None and may_have_served(pod.key):
            return serving_from(model, template, None, now)
    return None


def settled(spec: Spec, observed: Observation) -> bool:
    """Whether the Deployment's rollout is complete: all pods are new, enough of them are available, no old one is left.

    An autoscaler may still be adding pods above its minimum.
    """
    live = observed.deployment
    return (
        live is not None
        and live.observed
        and live.replicas == live.updated
        and (spec.autoscaling is not None or live.replicas == live.wanted)
        and live.available >= spec.min_replicas
        and not old_pods(observed, live.template.key)
    )


def old_pods(observed: Observation, key: str) -> tuple[str, ...]:
    """Names of pods of another template that may still answer.

    A pod that is being deleted answers until it has drained. One that is overdue is on a node that is gone.
    """
    return tuple(
        pod.name
        for pod in observed.pods
        if pod.key != key and pod.phase not in ("Failed", "Succeeded") and not pod.overdue
    )


def serving_from(model: SentimentModel, template: Template, before: Serving | None, now: datetime) -> Serving:
    """What serves once `template` has settled."""
    revision = revision_name(model.name, template.key)
    since = before.since_time if before and before.revision == revision else timestamp(now)
    return Serving(
        version=template.version,
        digest=template.digest,
        source_uri=template.source_uri,
        image=template.image,
        revision=revision,
        since_time=since,
    )


def with_rejection(
    status: Status,
    target: Target,
    diagnosis: Diagnosis,
    *,
    revision: str,
    step: str,
    now: datetime,
) -> Status:
    """The status that remembers why `target` was rejected, so that it is not tried again."""
    rejected = Rejected(
        version=target.version,
        digest=target.digest,
        revision=revision,
        key=target.judged_key,
        step=step,
        reason=diagnosis.reason,
        message=diagnosis.message,
        time=timestamp(now),
    )
    finished = Finished(
        version=target.version,
        digest=target.digest,
        revision=revision,
        outcome="RolledBack" if step == ROLLING_OUT else "Rejected",
        reason=diagnosis.reason,
        time=timestamp(now),
    )
    others = tuple(one for one in status.rejected if one.key != target.judged_key)
    verdict = diagnosis.verdict or Verdict(outcome="failed", reason=diagnosis.reason, message=diagnosis.message)
    return structs.replace(
        with_verdict(status, target, verdict, revision=revision, now=now),
        rejected=(rejected, *others)[:MEMORY_LENGTH],
        history=(finished, *status.history)[:MEMORY_LENGTH],
        rollout=None,
    )


def with_verdict(status: Status, target: Target, verdict: Verdict, *, revision: str, now: datetime) -> Status:
    """The status that shows the verdict of the newest candidate. Its time stays while the verdict is the same."""
    time = status.verdict.time if status.verdict else ""
    dated = structs.replace(verdict, version=target.version, digest=target.digest, revision=revision, time=time)
    return (
        status
        if dated == status.verdict
        else structs.replace(status, verdict=structs.replace(dated, time=timestamp(now)))
    )


def with_success(history: tuple[Finished, ...], serving: Serving, now: datetime) -> tuple[Finished, ...]:
    """The history after `serving` took over, newest first."""
    finished = Finished(
        version=serving.version,
        digest=serving.digest,
        revision=serving.revision,
        outcome=SUCCEEDED,
        reason="",
        time=timestamp(now),
    )
    return (finished, *history)[:MEMORY_LENGTH]
