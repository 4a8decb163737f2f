"""The course of a version that has yet to prove itself: its candidate is made, watched, and made again. Pure."""

from dataclasses import replace

from sentiment_operator.api.conditions import Finding, Outcome
from sentiment_operator.api.resource import Target
from sentiment_operator.api.status import RolloutStatus, Serving
from sentiment_operator.children.candidate import candidate
from sentiment_operator.decision.desired_children import UNJUDGED, keeping, superfluous, template_of
from sentiment_operator.decision.diagnose import UNRESOLVED
from sentiment_operator.decision.holding import CHECKING, advanced_to, goes_on, hold, until_deadline
from sentiment_operator.decision.inputs import ChildRef, Course, Situation
from sentiment_operator.decision.record import VERIFYING
from sentiment_operator.decision.verification import NO_POD_SECONDS, Judgement, judge, pinned_image, retry_seconds
from sentiment_operator.observed.observation import Candidate, Template

WAITING = Judgement(kind="waiting")
TAG_KEPT = "Its image stays named by a tag: the node does not say which digest of that repository it ran."


def judgement_of(case: Situation, target: Target) -> Judgement:
    """What the candidate of `target` has come to."""
    found = case.seen.candidate
    if found is None or found.terminating or found.judged_key != target.judged_key:
        return WAITING
    limit = case.model.spec.rollout.startup_deadline_seconds
    return judge(found, target, startup_deadline_seconds=limit)


def verifying(case: Situation, target: Target, serving: Serving | None, judgement: Judgement) -> Course:
    """No verdict yet: what serves is held while the candidate of `target` is at work."""
    model, found = case.model, case.seen.candidate
    rollout = advanced_to(case, target, VERIFYING)
    course = replace(
        hold(case, serving, Outcome.VERIFYING, ""),
        verified=CHECKING,
        delete=superfluous(case, candidate_of=target, spare=rollout.revision),
        rollout=rollout,
    )
    if case.refusal is not None:
        if case.refusal.invalid:
            return replace(course, outcome=Outcome.INVALID_SPEC, message=f"{case.refusal} {goes_on(serving)}")
        text = f"Version {target.version} cannot be verified yet: {case.refusal} {goes_on(serving)}"
        return until_deadline(case, replace(course, message=text), rollout)
    if found is None:
        why_not = _not_compared(case, target, serving)
        against = None if why_not else serving
        job = candidate(model, target, template_of(case, target).body, against=against, not_compared=why_not)
        course = replace(course, apply=(*course.apply, job))
    elif found.terminating or found.judged_key != target.judged_key:
        course = replace(course, look_again_seconds=1.0)
    elif judgement.over and judgement.kind != "passed":
        course = _again(case, course, found, rollout)
        rollout = course.rollout or rollout
    elif not found.pods:
        course = replace(course, look_again_seconds=NO_POD_SECONDS)
    if missing := _missing(case, judgement, rollout):
        text = f"{missing.message} {goes_on(serving)}"
        return replace(course, outcome=Outcome.UNRESOLVED, message=text, resolved=missing)
    text = f"A candidate of version {target.version} is at work. {judgement.message}".rstrip()
    return until_deadline(case, replace(course, message=f"{text} {goes_on(serving)}"), rollout)


def _missing(case: Situation, judgement: Judgement, rollout: RolloutStatus) -> Finding | None:
    """What the store does not have, as this candidate says, or as the one before said until this one has looked."""
    if judgement.kind == "unresolved":
        return Finding(status="False", reason=judgement.reason, message=judgement.message)
    status, found = case.model.status, case.seen.candidate
    stalled, resolved = status.condition("Stalled"), status.condition("ModelResolved")
    same = status.rollout is not None and status.rollout.key == rollout.key and rollout.attempt > 1
    fetched = any(pod.fetch and pod.fetch.terminated for pod in (found.pods if found else ()))
    if judgement.kind != "waiting" or not same or fetched or stalled is None or resolved is None:
        return None
    if stalled.reason != Outcome.UNRESOLVED.value or resolved.reason not in UNRESOLVED:
        return None
    return Finding(status="False", reason=resolved.reason, message=resolved.message)


def proven(case: Situation, target: Target, serving: Serving | None, judgement: Judgement) -> Course:
    """The candidate has passed: its template is kept before anything else is done with it."""
    image = pinned_image(target.image, judgement.image_id)
    template = _with_image(template_of(case, target), image)
    kept_tag = "" if "@" in image else f" {TAG_KEPT}"
    verified = Finding(status="True", reason=judgement.reason, message=judgement.message + kept_tag)
    course = verifying(case, target, serving, judgement)
    return replace(course, verified=verified, apply=(*course.apply, keeping(case, template, verified)))


def _again(case: Situation, course: Course, found: Candidate, rollout: RolloutStatus) -> Course:
    """A candidate that ended without a verdict makes room for the next, later each time."""
    wait_seconds = retry_seconds(found, rollout.attempt)
    if wait_seconds > 0:
        return replace(course, look_again_seconds=wait_seconds)
    return replace(
        course,
        delete=(*course.delete, ChildRef.of(found.body)),
        rollout=replace(rollout, attempt=rollout.attempt + 1),
    )


def _not_compared(case: Situation, target: Target, serving: Serving | None) -> str:
    """Why the candidate is not compared with what serves; empty where it is."""
    if serving is None:
        return "nothing serves yet"
    kept = case.seen.revision(target.key)
    if kept and kept.reason != UNJUDGED.reason and not case.model.status.is_rejected(target.revision(case.model.name)):
        return "this is a way back: it was compared when it was rolled out first"
    if not any(pod.answers for pod in case.seen.pods):
        return "no serving pod is ready"
    return ""


def _with_image(template: Template, image: str) -> Template:
    """The same template, with every container that ran the asked image running `image`."""
    spec = template.body["spec"]
    changed = {
        group: [{**one, "image": image} if one["image"] == template.image else one for one in spec[group]]
        for group in ("initContainers", "containers")
    }
    return Template.parse({**template.body, "spec": {**spec, **changed}})
