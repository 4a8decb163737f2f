"""The record of a rollout: its clock, what serves, what was judged, what happened. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

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
    """`after`, which says where the rollout is, with its clock and its attempts. One clock runs for a whole rollout.

    It starts anew for another version, revision or verification, and when a step that had outlived the deadline
    succeeds at last: the steps after it get their own time.
    """
    fresh = replace(after, started_time=timestamp(now), attempt=1)
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
        return replace(fresh, attempt=before.attempt)
    started = min(moment_of(before.started_time), now)
    return replace(after, started_time=timestamp(started), attempt=before.attempt)


def remaining_seconds(rollout: RolloutStatus, now: datetime, deadline_seconds: float) -> float:
    """Seconds until the deadline; negative past it.

    On the wall clock, since it outlives the operator. One that was set back gives no rollout more than its full time.
    """
    started = min(moment_of(rollout.started_time), now)
    return (started + timedelta(seconds=deadline_seconds) - now).total_seconds()


def serving_before(model: SentimentModel, seen: Observation, now: datetime) -> Serving | None:
    """What served until now: as the status has it; where that was lost, as pods that have settled tell.

    A template that is being rolled out, or that a verdict stands against, never served.
    """
    if model.status.serving is not None or seen.deployment is None:
        return model.status.serving
    live, rollout = seen.deployment.template, model.status.rollout
    unproven = rollout.revision if rollout and rollout.step == ROLLING_OUT else ""

    def may_have_served(key: str) -> bool:
        revision = revision_name(model.name, key)
        return bool(key) and revision != unproven and not model.status.is_rejected(revision)

    if may_have_served(live.key) and seen.deployment.available > 0 and settled(model.spec, seen):
        return serving_from(model, live, None, now)
    for pod in seen.pods:
        template = seen.template(pod.key) if pod.ready and pod.key != live.key else None
        if template is not None and may_have_served(pod.key):
            return serving_from(model, template, None, now)
    return None


def settled(spec: Spec, seen: Observation) -> bool:
    """Whether the Deployment's controller has done all there is to do: every pod is new, enough answer, none is old.

    An autoscaler may be on its way to more pods than the smallest number that is asked for.
    """
    live = seen.deployment
    return (
        live is not None
        and live.observed
        and live.replicas == live.updated
        and (spec.autoscaling is not None or live.replicas == live.wanted)
        and live.available >= spec.min_replicas
        and not old_pods(seen, live.template.key)
    )


def old_pods(seen: Observation, key: str) -> tuple[str, ...]:
    """Names of pods of another template that may still answer.

    One that is being deleted answers on until it has drained; one that should be gone by now is on a node that is.
    """
    return tuple(
        pod.name for pod in seen.pods if pod.key != key and pod.phase not in ("Failed", "Succeeded") and not pod.overdue
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


def with_verdict(
    status: Status,
    target: Target,
    diagnosis: Diagnosis,
    *,
    revision: str,
    step: str,
    now: datetime,
    verdict: Verdict | None = None,
) -> Status:
    """The status that remembers a verdict against `target`, so that the same is not tried again.

    `verdict`: as the judge wrote it, where it was its.
    """
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
    judged = verdict or Verdict(outcome="failed", reason=diagnosis.reason, message=diagnosis.message)
    return replace(
        with_judgement(status, target, judged, revision=revision, now=now),
        rejected=(rejected, *others)[:MEMORY_LENGTH],
        history=(finished, *status.history)[:MEMORY_LENGTH],
        rollout=None,
    )


def with_judgement(status: Status, target: Target, verdict: Verdict, *, revision: str, now: datetime) -> Status:
    """The status that shows what came of the newest candidate, whatever that is."""
    time = status.verdict.time if status.verdict else ""
    judged = replace(verdict, version=target.version, digest=target.digest, revision=revision, time=time)
    return status if judged == status.verdict else replace(status, verdict=replace(judged, time=timestamp(now)))


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
