"""Which ControllerRevisions the operator wrote: only their templates run, and only they make a version verified. Pure.

Labels, owner reference, name and content of a ControllerRevision can be copied by anyone who may create one, even
before the operator creates its own. The status cannot: only the operator may write it. So the status records each
revision that the operator wrote, with the hash of its data, before it is created.
"""

from collections.abc import Iterable
from dataclasses import replace

from sentiment_operator.api.conditions import Finding
from sentiment_operator.api.names import content_hash, revision_name
from sentiment_operator.api.resource import SentimentModel
from sentiment_operator.api.status import KeptRevision, Status
from sentiment_operator.children.revision import kept_data
from sentiment_operator.decision.inputs import Inputs, Manifest
from sentiment_operator.decision.record import ROLLING_OUT
from sentiment_operator.observed.observation import Observation, Revision, owner_of

UNVERIFIED = Finding(
    status="True", reason="ChecksSkipped", message="It was found serving; no candidate of it was verified."
)


def with_own_revisions(inputs: Inputs) -> Inputs:
    """The inputs whose revisions are the operator's own, oldest first. The others are in `observed.not_ours`."""
    model, observed = inputs.model, inputs.observed
    order = [one.name for one in model.status.revisions or ()]
    found = (*observed.revisions, *observed.not_ours)
    own = [one for one in found if is_own(model, observed, one)]
    if model.status.revisions is not None:
        # A number can be changed later; the record cannot.
        own.sort(key=lambda one: order.index(one.name) if one.name in order else len(order))
    others = tuple(one for one in found if one not in own)
    return replace(inputs, observed=replace(observed, revisions=tuple(own), not_ours=others))


def is_own(model: SentimentModel, observed: Observation, found: Revision) -> bool:
    """Whether the operator wrote this revision of `model`."""
    if owner_of(found.body, uid=model.uid, name=model.name) != "ours":
        return False
    if not found.template.key or found.name != revision_name(model.name, found.template.key):
        return False
    recorded = model.status.revisions
    if recorded is None:
        # The status was lost or is that of a release without a record: what is there now is recorded. A resource on
        # which nothing has run yet has no revisions, whatever else has its name.
        live = observed.deployment
        has_run = live is not None and owner_of(live.body, uid=model.uid, name=model.name) == "ours"
        return has_run or bool(model.status.observed_generation or model.status.serving)
    hashes = [one.hash for one in recorded if one.name == found.name]
    if found.hash in hashes or _restored(observed, found):
        return True
    # A release without a record may have been at work in between: then the status names what it rolled out.
    return not hashes and found.name in _rolled_out(model)


def _restored(observed: Observation, found: Revision) -> bool:
    """Whether it is what the operator writes for a lost revision: what the Deployment runs, unverified."""
    live = observed.deployment.template if observed.deployment else None
    if live is None or live.key != found.template.key:
        return False
    return found.hash == content_hash(kept_data(live, reason=UNVERIFIED.reason, message=UNVERIFIED.message))


def _rolled_out(model: SentimentModel) -> tuple[str, ...]:
    """The revisions that serve or are being rolled out."""
    serving, rollout = model.status.serving, model.status.rollout
    rolling_out = (rollout.revision,) if rollout and rollout.step == ROLLING_OUT else ()
    return (*((serving.revision,) if serving else ()), *rolling_out)


def recorded(model: SentimentModel, observed: Observation, apply: Iterable[Manifest]) -> tuple[KeptRevision, ...]:
    """The record after `apply`: the revisions that exist, and those that are created.

    One that serves stays recorded when it is gone, or when another has its name: that one must not take its place.
    """
    made = [one for one in apply if one["kind"] == "ControllerRevision"]
    there = (
        *(KeptRevision(name=one.name, hash=one.hash) for one in observed.revisions),
        *(KeptRevision(name=one["metadata"]["name"], hash=content_hash(one["data"])) for one in made),
    )
    needed = {*_rolled_out(model), *(one.name for one in observed.not_ours)} - {one.name for one in there}
    return (*(one for one in model.status.revisions or () if one.name in needed), *there)


def must_be_recorded_first(before: Status, apply: Iterable[Manifest]) -> bool:
    """Whether `apply` creates a revision that only its record makes the operator's own, and `before` lacks it."""
    known = {one.hash for one in before.revisions or ()}
    made = [one["data"] for one in apply if one["kind"] == "ControllerRevision"]
    return any(data["verified"]["message"] != UNVERIFIED.message and content_hash(data) not in known for data in made)


def name_taken(inputs: Inputs, name: str) -> str:
    """Why the operator cannot write its revision of that name, as a sentence; empty if it can.

    One without an owner is adopted like every child that was orphaned; since its data cannot be changed, it is deleted
    and written again.
    """
    found = inputs.observed.occupant(name)
    if found is None or (is_orphan(inputs, found) and "deletionTimestamp" not in found.body["metadata"]):
        return ""
    return f"ControllerRevision {name} exists and was not written by the operator: delete it."


def is_orphan(inputs: Inputs, found: Revision) -> bool:
    """Whether it has our labels and no owner."""
    return owner_of(found.body, uid=inputs.model.uid, name=inputs.model.name) == "orphan"
