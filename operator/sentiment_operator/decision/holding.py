"""The courses on which what serves is held, one function each, and what all courses share. Pure.

`unknown`, `rejected` and `suspended` hold what serves; `collision` does nothing. The way of a version is in `trial`
(its candidate) and then in `switch` (the Deployment).
"""

from dataclasses import replace

from sentiment_operator.api.conditions import Finding, Outcome
from sentiment_operator.api.resource import SentimentModel, Target
from sentiment_operator.api.status import Desired, Rejected, RolloutStatus, Serving
from sentiment_operator.decision.desired_children import UNJUDGED, holding, superfluous
from sentiment_operator.decision.inputs import Course, Manifest, Situation
from sentiment_operator.decision.pin import resolved_finding
from sentiment_operator.decision.record import RESOLVING, ROLLING_BACK, ROLLING_OUT, advance, remaining_seconds
from sentiment_operator.observed.observation import owner_of

CHECKING = Finding(
    status="Unknown", reason="Checking", message="No candidate has shown yet that it can serve this version."
)


def is_serving(model: SentimentModel, serving: Serving | None, target: Target) -> bool:
    """Whether `target` is what serves already, template and all."""
    return serving is not None and serving.revision == target.revision(model.name)


def collision(case: Situation) -> Course | None:
    """Children of this name that are not ours: never touched."""
    owners = {
        f"{child['kind']} {child['metadata']['name']}": owner_of(child, uid=case.model.uid, name=case.model.name)
        for child in case.seen.children()
    }
    serving, rollout = case.model.status.serving, case.model.status.rollout
    stands = Course(
        outcome=Outcome.NAME_CONFLICT, message="", serving=serving, verified=verified_by(case, serving), rollout=rollout
    )
    if foreign := sorted(name for name, owner in owners.items() if owner == "foreign"):
        text = f"{' and '.join(foreign)} exists and is not this SentimentModel's: rename or delete one of the two."
        return replace(stands, message=text)
    if former := sorted(name for name, owner in owners.items() if owner == "former"):
        text = f"{' and '.join(former)} of a deleted SentimentModel of this name is still being removed."
        return replace(stands, outcome=Outcome.INITIALIZING, message=text, look_again_seconds=5)
    return None


def unknown(case: Situation, desired: Desired, serving: Serving | None) -> Course:
    """The version asked for is not known (yet)."""
    resolved = resolved_finding(case.model, case.answer)
    text = f"{resolved.message} {goes_on(serving)}"
    course = hold(case, serving, Outcome.UNRESOLVED, text)
    if case.model.spec.suspend:
        return replace(course, outcome=Outcome.SUSPENDED, message=f"Suspended. {text}")
    if resolved.status == "False":
        return course
    rollout = advanced(case, RolloutStatus(step=RESOLVING, version=desired.version))
    return until_deadline(case, replace(course, outcome=Outcome.RESOLVING, rollout=rollout), rollout)


def rejected(case: Situation, target: Target, serving: Serving | None, verdict: Rejected) -> Course:
    """A verdict stands against what is asked for: back to what serves, or to nothing."""
    back = verdict.step == ROLLING_OUT
    what = "failed after its rollout had begun" if back else "was rejected"
    text = (
        f"Version {target.version} {what} ({verdict.reason}): {verdict.message} {goes_on(serving)} "
        "Ask for another version, or change spec.rollout.retryToken to try it again."
    )
    course = replace(
        hold(case, serving, Outcome.ROLLED_BACK if back and serving else Outcome.REJECTED, text),
        verified=Finding(status="False", reason=verdict.reason, message=verdict.message),
    )
    if serving is None or case.model.spec.min_replicas == 0 or not _is_on_its_way_back(case, serving, course.apply):
        return course
    rollout = advanced(case, RolloutStatus(step=ROLLING_BACK, version=serving.version, revision=serving.revision))
    course = replace(course, rollout=rollout)
    if remaining_seconds(rollout, case.now, case.model.spec.rollout.progress_deadline_seconds) <= 0:
        return course
    return replace(course, outcome=Outcome.ROLLING_BACK)


def _is_on_its_way_back(case: Situation, serving: Serving, apply: tuple[Manifest, ...]) -> bool:
    """Whether something else than what serves still runs, or ran until now and what serves is short of pods yet."""
    live, key, before = case.seen.deployment, serving.key(case.model.name), case.model.status.rollout
    if live is None or live.template.key != key:
        return True
    if any(pod.key != key and not pod.terminating for pod in case.seen.pods):
        return True
    if before is None or before.step != ROLLING_BACK:
        return False
    return bool(apply) or not live.observed or live.available < case.model.spec.min_replicas


def suspended(case: Situation, target: Target, serving: Serving | None) -> Course:
    """What is asked for waits until the user lifts the suspension."""
    text = f"Suspended: version {target.version} waits until spec.suspend is false. {goes_on(serving)}"
    return hold(case, serving, Outcome.SUSPENDED, text)


def hold(case: Situation, serving: Serving | None, outcome: Outcome, message: str) -> Course:
    """What serves goes on serving; nothing else is under way."""
    trouble = f" {case.refusal}" if case.refusal else ""
    if serving is not None and case.seen.template(serving.key(case.model.name)) is None:
        trouble += f" Its revision {serving.revision} is gone, so that lost pods of it cannot be replaced."
    return Course(
        outcome=outcome,
        message=f"{message}{trouble}",
        serving=serving,
        verified=verified_by(case, serving),
        apply=holding(case, serving),
        delete=superfluous(case),
    )


def verified_by(case: Situation, serving: Serving | None) -> Finding:
    """Why what serves was found good, as its revision has it."""
    if serving is None:
        return CHECKING
    kept = case.seen.revision(serving.key(case.model.name))
    if kept is None or not kept.reason:
        return UNJUDGED
    return Finding(status="True", reason=kept.reason, message=kept.message)


def until_deadline(case: Situation, course: Course, rollout: RolloutStatus) -> Course:
    """`course` while its rollout is within its time; past it, what it waits for is shown as a stall."""
    spec = case.model.spec.rollout
    remaining = remaining_seconds(rollout, case.now, spec.progress_deadline_seconds)
    looks = [course.look_again_seconds] if course.look_again_seconds is not None else []
    if remaining <= 0:
        limit = spec.progress_deadline_seconds
        text = f"Not finished within {limit} s (spec.rollout.progressDeadlineSeconds), still trying. {course.message}"
        course = replace(course, outcome=Outcome.DEADLINE_EXCEEDED, message=text)
    else:
        looks.append(remaining)
    candidate = case.seen.candidate
    for pod in (*case.seen.pods, *(candidate.pods if candidate else ())):
        if pod.serving and pod.serving.running and not pod.serving.started and not pod.terminating:
            left = spec.startup_deadline_seconds - pod.serving.running_seconds
            looks += [left] if left > 0 else []
        if pod.terminating and not pod.overdue:
            looks.append(pod.grace_seconds - pod.terminating_seconds)
    return replace(course, look_again_seconds=min(looks) + 0.5 if looks else None)


def advanced_to(case: Situation, target: Target, step: str) -> RolloutStatus:
    """The record of the rollout of `target` once it is at `step`."""
    revision = target.revision(case.model.name)
    return advanced(case, RolloutStatus(step=step, version=target.version, revision=revision, key=target.judged_key))


def advanced(case: Situation, to: RolloutStatus) -> RolloutStatus:
    """The record of the rollout once it is at `to`."""
    limit = case.model.spec.rollout.progress_deadline_seconds
    return advance(case.model.status.rollout, to, now=case.now, deadline_seconds=limit)


def goes_on(serving: Serving | None) -> str:
    """What serves meanwhile, as a sentence."""
    return f"Version {serving.version} goes on serving." if serving else "Nothing serves yet."
