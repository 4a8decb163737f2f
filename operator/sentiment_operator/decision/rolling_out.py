"""The course of a version that has proved itself, and of what serves: the Deployment runs it. Pure."""

from dataclasses import replace

from sentiment_operator.api.conditions import Finding, Outcome
from sentiment_operator.api.names import revision_name
from sentiment_operator.api.resource import Target
from sentiment_operator.api.status import Serving
from sentiment_operator.decision.desired_children import running, superfluous, template_of
from sentiment_operator.decision.diagnose import Diagnosis, diagnose
from sentiment_operator.decision.holding import advanced_to, goes_on, is_serving, until_deadline, verified_by
from sentiment_operator.decision.inputs import Course, Situation
from sentiment_operator.decision.record import ROLLING_OUT, old_pods, remaining_seconds, serving_from, settled


def has_begun(case: Situation, target: Target) -> bool:
    """Whether the switch to `target` has begun: from then on no candidate is asked, and it ends first.

    Without a record (the status was lost) the Deployment tells, unless a verdict stands against its template.
    """
    rollout, live, revision = case.model.status.rollout, case.seen.deployment, target.revision(case.model.name)
    if rollout is not None:
        return rollout.step == ROLLING_OUT and rollout.revision == revision
    if case.model.status.is_rejected(revision):
        return False
    return live is not None and live.template.key == target.key and case.seen.revision(target.key) is not None


def unfinished(case: Situation, asked: Target | None, serving: Serving | None) -> Target | None:
    """The version whose switch had begun when `asked` took its place: it ends first, while there is time for it."""
    model, rollout = case.model, case.model.status.rollout
    if rollout is None or rollout.step != ROLLING_OUT or (serving and serving.revision == rollout.revision):
        return None
    if asked is not None and asked.revision(model.name) == rollout.revision:
        return None
    if remaining_seconds(rollout, case.now, model.spec.rollout.progress_deadline_seconds) <= 0:
        return None
    for kept in case.seen.revisions:
        if revision_name(model.name, kept.template.key) == rollout.revision:
            found = kept.template
            return Target(
                version=found.version,
                digest=found.digest,
                source_uri=found.source_uri,
                image=found.image,
                key=found.key,
                judged_key=rollout.key,
            )
    return None


def diagnosis_of(case: Situation, target: Target) -> Diagnosis:
    """What the stable pods of `target` say about it."""
    live = case.seen.deployment
    return diagnose(
        (pod for pod in case.seen.pods if pod.key == target.key),
        startup_deadline_seconds=case.model.spec.rollout.startup_deadline_seconds,
        replica_failure=live.replica_failure if live and live.template.key == target.key else "",
    )


def towards(case: Situation, target: Target, serving: Serving | None, finding: Diagnosis) -> Course:
    """Nothing stands against the target: the Deployment runs it, and the pods tell how far that is."""
    model, seen, live = case.model, case.seen, case.seen.deployment
    same = is_serving(model, serving, target)
    after = serving_from(model, template_of(case, target), serving, case.now)
    course = Course(
        outcome=Outcome.ROLLING_OUT,
        message="",
        serving=serving,
        verified=verified_by(case, after),
        apply=running(case, target),
        delete=superfluous(case, candidate_of=None if same else target, spare=after.revision),
    )
    rollout = advanced_to(case, target, ROLLING_OUT)
    if case.refusal is not None and case.refusal.invalid:
        text = f"{case.refusal} {goes_on(serving)}"
        return replace(course, outcome=Outcome.INVALID_SPEC, message=text, rollout=rollout)
    if not course.apply and live is not None:
        if model.spec.min_replicas == 0 and live.observed and not seen.pods:
            text = f"Scaled to zero: no pod serves version {target.version}."
            return replace(
                course,
                outcome=Outcome.SCALED_TO_ZERO,
                message=text,
                # What has proven itself and runs on no pod yet is still to be switched to.
                rollout=None if same else rollout,
                delete=superfluous(case, spare=after.revision),
            )
        if settled(model.spec, seen) and live.available > 0:
            return replace(
                course,
                outcome=Outcome.SERVING,
                message=f"Version {target.version} serves on {live.available} of {live.wanted} pods.",
                serving=after,
                delete=superfluous(case, spare=after.revision),
            )
    cause = f" {case.refusal or finding.message}".rstrip()
    if same and not course.apply and (lost := _lost_pods(case, target, cause)):
        outcome, text = lost
        return replace(course, outcome=outcome, message=text)
    course = replace(course, rollout=rollout)
    if finding.kind == "unresolved" and not same:
        missing = Finding(status="False", reason=finding.reason, message=finding.message)
        text = f"{finding.message} {goes_on(serving)}"
        return replace(course, outcome=Outcome.UNRESOLVED, message=text, resolved=missing)
    text = f"Version {target.version} is rolling out: {_progress(case, target)}.{cause}"
    return until_deadline(case, replace(course, message=text), rollout)


def _lost_pods(case: Situation, target: Target, cause: str) -> tuple[Outcome, str] | None:
    """What has settled for this generation before and is short of pods now: no rollout, and never a rollback."""
    model, live = case.model, case.seen.deployment
    if model.status.rollout is not None or model.status.observed_generation != model.generation or live is None:
        return None
    ready = model.status.condition("Ready")
    if not live.observed and ready is not None and ready.status == "True":
        # An autoscaler's edit that the Deployment's controller has yet to see; the template is the applied one.
        return Outcome.SERVING, ready.message
    if live.available < model.spec.min_replicas:
        text = f"Version {target.version} has lost pods: {live.available} of {live.wanted} are available.{cause}"
        return Outcome.UNAVAILABLE, text
    return None


def _progress(case: Situation, target: Target) -> str:
    new = [pod for pod in case.seen.pods if pod.key == target.key and not pod.terminating]
    old = len(old_pods(case.seen, target.key))
    wanted = case.seen.deployment.wanted if case.seen.deployment else case.model.spec.min_replicas
    text = f"{sum(pod.ready for pod in new)} of {wanted} new pods are ready"
    return f"{text}, {old} old ones remain" if old else text
