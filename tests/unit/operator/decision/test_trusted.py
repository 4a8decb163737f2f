"""Only revisions that the operator wrote are restored, make a version verified, or are counted.

Covers: our labels without an owner reference, with a forged one, with another name, of another content than recorded,
made before ours; numbers (0, negative, huge, duplicates); data of the wrong shape; a lost status; adopted orphans;
revisions of earlier releases.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from sentiment_operator.api.names import KEY_ANNOTATION, content_hash
from sentiment_operator.api.status import KeptRevision, Status
from sentiment_operator.children.revision import LAST_NUMBER
from sentiment_operator.decision.decide import decide
from sentiment_operator.decision.inputs import Decision, Inputs
from sentiment_operator.observed.observation import Deployment, Revision
from tests.unit.operator.memory import Memory, Notes, conditions, reconcile
from tests.unit.operator.scenes import inputs_of, model, reasons, revisions, target

PODS = [{"version": "13", "ready": True}, {"version": "13", "ready": True}]
ASKED_14 = {"serves": "13", "children": {"runs": "13", "pods": PODS}}
SERVES_13 = {**ASKED_14, "spec": {"model": {"name": "sentiment-reviews", "version": "13"}}, "settled": True}
PASSED_14 = {
    **ASKED_14,
    "rolling": {"step": "Verifying", "version": "14"},
    "candidate": {"version": "14", "pod": {"verify": {"verdict": ["passed", "AllChecksPassed"]}}},
}
EVIL = "registry.example/evil:1"


def forged(inputs: Inputs, version: str, **metadata: Any) -> Revision:
    """A revision of that version with the operator's labels, name and owner reference, and an image of its own."""
    (ours,) = revisions(inputs.model, (version,))
    body = deepcopy(dict(ours.body))
    body["revision"] = 0
    body["metadata"].update({"uid": "by hand", **metadata})
    template = body["data"]["template"]["spec"]
    for container in (*template["initContainers"], *template["containers"]):
        container["image"] = EVIL
    return Revision.parse(body)


def found(inputs: Inputs, *added: Revision, kept: tuple[Revision, ...] | None = None) -> Inputs:
    """The inputs with `added` among the revisions, by their numbers, as the cluster's adapter reads them."""
    there = (*added, *(inputs.observed.revisions if kept is None else kept))
    ordered = tuple(sorted(there, key=lambda one: one.number))
    return replace(inputs, observed=replace(inputs.observed, revisions=ordered))


def images(decision: Decision) -> set[str]:
    """All images in what is applied."""
    texts: set[str] = set()

    def collect(value: Any) -> None:
        if isinstance(value, Mapping):
            texts.update([value["image"]] if isinstance(value.get("image"), str) else [])
            value = list(value.values())
        if isinstance(value, list | tuple):
            for one in value:
                collect(one)

    collect(decision.apply)
    return texts


def lost_deployment(inputs: Inputs) -> Inputs:
    return replace(inputs, observed=replace(inputs.observed, deployment=None))


NOT_OURS: dict[str, dict[str, Any]] = {
    "no owner reference": {"ownerReferences": []},
    "the owner reference of something else": {
        "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "x", "uid": "x", "controller": True}
        ]
    },
    "an owner reference that was copied": {},
}


@pytest.mark.parametrize("metadata", NOT_OURS.values(), ids=NOT_OURS)
def test_a_revision_made_by_hand_with_the_serving_key_is_never_restored(metadata: dict[str, Any]) -> None:
    for name in ("reviews-extra", "reviews-0000000000"):
        inputs = inputs_of(SERVES_13)
        decision = decide(lost_deployment(found(inputs, forged(inputs, "13", **{**metadata, "name": name}))))
        assert EVIL not in images(decision)
        assert "Deployment" in [manifest["kind"] for manifest in decision.apply]


@pytest.mark.parametrize("given", [SERVES_13, ASKED_14], ids=["settled", "14 is asked for"])
@pytest.mark.parametrize("metadata", NOT_OURS.values(), ids=NOT_OURS)
def test_a_revision_made_by_hand_beside_ours_changes_nothing(given: dict[str, Any], metadata: dict[str, Any]) -> None:
    inputs = inputs_of(given)
    before = decide(inputs)
    after = decide(found(inputs, forged(inputs, "13", **{**metadata, "name": "reviews-extra"})))
    assert after == before


@pytest.mark.parametrize("metadata", NOT_OURS.values(), ids=NOT_OURS)
def test_a_revision_made_by_hand_where_ours_was_is_never_restored(metadata: dict[str, Any]) -> None:
    inputs = inputs_of(SERVES_13)
    decision = decide(lost_deployment(found(inputs, forged(inputs, "13", **metadata), kept=())))
    assert EVIL not in images(decision)


def test_a_revision_made_before_ours_under_its_name_is_refused_and_what_serves_stays() -> None:
    """Its owner reference and its name can be copied from the resource; that the operator wrote it cannot."""
    inputs = inputs_of(ASKED_14)
    decision = decide(found(inputs, forged(inputs, "14")))
    name = target(inputs.model, "14").revision("reviews")
    assert reasons(decision)["Ready"] == "False/NameConflict"
    assert reasons(decision)["Stalled"] == "True/NameConflict"
    assert reasons(decision)["Available"] == "True/MinimumReplicasAvailable"
    assert decision.status.conditions[0].message == (
        f"ControllerRevision {name} exists and was not written by the operator: delete it. Version 13 goes on serving."
    )
    assert (decision.apply, decision.delete) == ((), ())
    assert decision.status.serving == inputs.model.status.serving


def test_a_candidate_is_not_made_from_a_revision_that_was_there_before() -> None:
    inputs = inputs_of(PASSED_14)
    decision = decide(found(inputs, forged(inputs, "14")))
    assert reasons(decision)["Ready"] == "False/NameConflict"
    assert reasons(decision)["ModelVerified"] == "True/AllChecksPassed", "that of 13, which serves"
    assert decision.apply == ()


def test_an_owner_reference_to_another_uid_is_no_owner_reference_of_ours() -> None:
    inputs = inputs_of(ASKED_14)
    other = {"ownerReferences": [{**forged(inputs, "14").body["metadata"]["ownerReferences"][0], "uid": "another"}]}
    decision = decide(found(inputs, forged(inputs, "14", **other)))
    assert decision.apply == ()
    assert reasons(decision)["Ready"] == "Unknown/Initializing", "garbage collection removes it"


def test_a_revision_of_another_content_than_was_recorded_is_not_restored() -> None:
    """Ours was deleted, and another one made under its name."""
    inputs = inputs_of(SERVES_13)
    replaced = found(inputs, forged(inputs, "13"), kept=())
    decision = decide(replaced)
    assert reasons(decision)["Ready"] == "False/NameConflict"
    assert reasons(decision)["ModelVerified"] == "True/ChecksSkipped"
    assert decision.apply == ()
    assert EVIL not in images(decide(lost_deployment(replaced)))
    again = decide(replace(replaced, model=replace(replaced.model, status=decision.status)))
    assert again.status == decision.status, "nor at a later look"


def test_a_serving_revision_that_is_gone_for_good_is_not_replaced_by_one_made_by_hand() -> None:
    inputs = inputs_of({**SERVES_13, "registry": "RegistryUnreachable", "pinned": False})
    inputs = lost_deployment(found(inputs, kept=()))
    gone = decide(inputs)
    assert gone.apply == ()
    later = replace(inputs, model=replace(inputs.model, status=gone.status))
    assert EVIL not in images(decide(found(later, forged(inputs, "13"))))


def test_what_is_recorded_stays_recorded_and_what_is_gone_does_not() -> None:
    inputs = inputs_of({**SERVES_13, "kept": ["12", "13"]})
    names = [one.body["metadata"]["name"] for one in inputs.observed.revisions]
    assert [one.name for one in decide(inputs).status.revisions or ()] == names
    gone = found(inputs, kept=inputs.observed.revisions[1:])
    assert [one.name for one in decide(gone).status.revisions or ()] == names[1:]


def test_the_record_is_written_before_the_revision_is_created() -> None:
    class Checked(Memory):
        def create(self, manifest: Mapping[str, Any]) -> None:
            if manifest["kind"] == "ControllerRevision":
                assert self.model is not None
                kept = KeptRevision(name=manifest["metadata"]["name"], hash=content_hash(manifest["data"]))
                assert kept in (self.model.status.revisions or ())
            super().create(manifest)

    inputs = inputs_of(PASSED_14)
    cluster = Checked(inputs.model, inputs.observed)
    reconcile(cluster)
    assert "ControllerRevision" in cluster.writes
    assert conditions(cluster)["Reconciling"] == "True/RollingOut"


@pytest.mark.parametrize("number", [0, -1, 2**63 - 1])
def test_a_number_changes_neither_what_is_restored_nor_which_are_kept(number: int) -> None:
    """The number of a revision can be changed, its data cannot."""
    inputs = inputs_of({**SERVES_13, "kept": [str(version) for version in range(3, 14)]})
    before = decide(inputs)
    renumbered = [
        Revision.parse({**one.body, "revision": number}) if one.template.version in ("3", "13") else one
        for one in inputs.observed.revisions
    ]
    after = decide(found(inputs, kept=tuple(renumbered)))
    assert after == before
    assert [child.key.name for child in after.delete] == [target(inputs.model, "3").revision("reviews")]


def test_numbers_of_others_do_not_push_ours_out() -> None:
    inputs = inputs_of({**SERVES_13, "kept": [str(version) for version in range(4, 14)]})
    many = [forged(inputs, "13", name=f"reviews-{one}") for one in range(20)]
    huge = tuple(Revision.parse({**one.body, "revision": 2**62}) for one in many)
    assert decide(found(inputs, *huge)).delete == ()


@pytest.mark.parametrize("number", [-5, 0, LAST_NUMBER])
def test_the_next_number_is_one_that_the_api_server_takes(number: int) -> None:
    inputs = inputs_of(PASSED_14)
    kept = tuple(Revision.parse({**one.body, "revision": number}) for one in inputs.observed.revisions)
    (made,) = (one for one in decide(found(inputs, kept=kept)).apply if one["kind"] == "ControllerRevision")
    assert 1 <= made["revision"] <= LAST_NUMBER


SHAPES: list[Any] = [
    None,
    [],
    "text",
    7,
    {},
    {"template": None, "verified": None},
    {"template": [], "verified": "yes"},
    {"template": {"metadata": []}},
    {"template": {"metadata": {"annotations": []}}},
    {"template": {"metadata": {"annotations": {KEY_ANNOTATION: 7}}, "spec": []}},
    {"template": {"metadata": {"annotations": {KEY_ANNOTATION: "KEY"}}, "spec": {"containers": "x"}}},
    {"template": {"metadata": {"annotations": {KEY_ANNOTATION: "KEY"}}, "spec": {"containers": [{}]}}},
    {"template": {"metadata": {"annotations": {KEY_ANNOTATION: "KEY"}}, "spec": {"initContainers": [7]}}},
    {"template": {"metadata": {"annotations": {KEY_ANNOTATION: "KEY"}}, "spec": {}}},
    {"verified": {"reason": 7, "message": []}},
]


@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "not recorded"])
@pytest.mark.parametrize("data", SHAPES, ids=str)
def test_data_of_the_wrong_shape_is_no_template_and_stops_nothing(data: Any, recorded: bool) -> None:
    for given in (SERVES_13, ASKED_14, PASSED_14):
        inputs = inputs_of(given)
        if not recorded:
            inputs = replace(inputs, model=replace(inputs.model, status=unrecorded(inputs.model.status)))
        key = target(inputs.model, "14").key
        body = {**forged(inputs, "14").body, "data": _with_key(data, key)}
        decision = decide(found(inputs, Revision.parse(body)))
        assert EVIL not in images(decision)
        assert decision.status.serving is not None


def _with_key(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _with_key(one, key) for name, one in value.items()}
    return key if value == "KEY" else value


def unrecorded(status: Status) -> Status:
    """The status as a release that records no revisions left it."""
    return structs.replace(status, revisions=None)


def test_revisions_of_an_earlier_release_are_recorded_at_the_first_look() -> None:
    inputs = inputs_of({**SERVES_13, "kept": ["12", "13"]})
    before = replace(inputs, model=replace(inputs.model, status=unrecorded(inputs.model.status)))
    decision = decide(before)
    assert (decision.apply, decision.delete) == ((), ())
    assert reasons(decision)["ModelVerified"] == "True/AllChecksPassed"
    assert decision.status.revisions == inputs.model.status.revisions
    assert decision.status == decide(inputs).status


def test_what_an_earlier_release_served_meanwhile_is_recorded_too() -> None:
    """The operator was downgraded, and upgraded again: the record knows nothing of what was rolled out in between."""
    inputs = inputs_of(SERVES_13)
    stale = structs.replace(inputs.model.status, revisions=())
    decision = decide(replace(inputs, model=replace(inputs.model, status=stale)))
    assert reasons(decision)["Ready"] == "True/Serving"
    assert decision.status.revisions == inputs.model.status.revisions


def test_a_lost_status_is_rebuilt_from_our_own_revisions() -> None:
    inputs = inputs_of(SERVES_13)
    hand_made = forged(inputs, "13", name="reviews-extra")
    decision = decide(found(replace(inputs, model=replace(inputs.model, status=Status())), hand_made))
    assert reasons(decision)["Ready"] == "True/Serving"
    assert reasons(decision)["ModelVerified"] == "True/AllChecksPassed"
    assert EVIL not in images(decision)


def test_a_new_resource_has_no_revisions_yet_whatever_their_owner_reference() -> None:
    inputs = inputs_of({"pinned": False, "generation": 1})
    inputs = replace(inputs, model=replace(inputs.model, status=Status()))
    decision = decide(found(inputs, forged(inputs, "14")))
    assert reasons(decision)["Ready"] == "False/NameConflict"
    assert decision.apply == ()
    assert decision.status.revisions == ()
    assert "Nothing serves yet." in decision.status.conditions[0].message


def test_an_adopted_orphan_is_served_and_unverified() -> None:
    """Deleted with `--cascade=orphan` and created again: a revision without owner could be anyone's."""
    inputs = inputs_of(SERVES_13)
    assert inputs.observed.deployment is not None
    body = deepcopy(dict(inputs.observed.deployment.body))
    body["metadata"]["ownerReferences"] = []
    orphan = forged(inputs, "13", ownerReferences=[])
    observed = replace(inputs.observed, deployment=Deployment.parse(body), revisions=(orphan,))

    class Running(Memory):
        def apply(self, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
            stored = super().apply(manifest)
            if manifest["kind"] == "Deployment":
                self.observed = replace(self.observed, deployment=Deployment.parse({**body, **stored}))
            return stored

    cluster = Running(replace(inputs.model, status=Status()), observed)
    reconcile(cluster)
    assert conditions(cluster)["Ready"] == "True/Serving"
    assert conditions(cluster)["ModelVerified"] == "True/ChecksSkipped"
    assert cluster.writes[:4] == ["status", "Deployment", "delete ControllerRevision", "ControllerRevision"]
    (kept,) = cluster.observed.revisions
    assert kept.template.image != EVIL
    assert kept.reason == "ChecksSkipped"


def test_a_lost_revision_is_written_again_by_an_operator_that_is_killed_before_it_records_it() -> None:
    inputs = inputs_of(SERVES_13)
    (again,) = decide(found(inputs, kept=())).apply
    made = Revision.parse({**again, "metadata": {**again["metadata"], "uid": "child"}})
    decision = decide(found(inputs, made, kept=()))
    assert reasons(decision)["Ready"] == "True/Serving"
    assert (decision.apply, decision.delete) == ((), ())


def test_an_orphan_that_does_not_go_away_is_reported() -> None:
    inputs = inputs_of(ASKED_14)
    stuck = {"ownerReferences": [], "deletionTimestamp": "2026-05-04T11:00:00Z", "finalizers": ["example.com/x"]}
    decision = decide(found(inputs, forged(inputs, "14", **stuck)))
    assert reasons(decision)["Ready"] == "False/NameConflict"


@pytest.mark.parametrize("owner", [{"labels": {}, "ownerReferences": []}, {"ownerReferences": [{"apiVersion": "v1", "kind": "Helm", "name": "x", "uid": "x", "controller": True}]}], ids=["by hand", "of another owner"])  # fmt: skip  # noqa: E501
def test_a_foreign_deployment_does_not_make_a_forged_revision_ours(owner: dict[str, Any]) -> None:
    inputs = inputs_of(ASKED_14)
    assert inputs.observed.deployment is not None
    body = deepcopy(dict(inputs.observed.deployment.body))
    body["metadata"].update(owner)
    forgery = replace(found(inputs, forged(inputs, "14"), kept=()).observed, deployment=Deployment.parse(body))
    cluster = Memory(replace(inputs.model, status=Status()), forgery)
    reconcile(cluster)
    assert conditions(cluster)["Ready"] == "False/NameConflict"
    assert cluster.model is not None
    assert not cluster.model.status.revisions
    cluster.observed = replace(cluster.observed, deployment=None)
    reconcile(cluster)
    assert cluster.observed.candidate is None or EVIL not in str(cluster.observed.candidate.body)


def test_half_a_surrogate_pair_in_a_copy_stops_nothing() -> None:
    inputs = inputs_of(SERVES_13)
    (ours,) = revisions(inputs.model, ("14",))
    body = deepcopy(dict(ours.body))
    body["data"]["x"] = "\ud800"
    cluster = Memory(inputs.model, found(inputs, Revision.parse(body)).observed)
    reconcile(cluster)
    assert conditions(cluster)["Ready"] == "True/Serving"


def test_a_suspended_resource_keeps_the_record_of_its_revisions() -> None:
    suspended = model({"suspend": True})
    cluster = Memory(suspended)
    reconcile(cluster)
    (ours,) = revisions(suspended, ("14",))
    assert cluster.model is not None
    kept = (KeptRevision(name=ours.name, hash=ours.hash),)
    cluster.model = replace(cluster.model, status=structs.replace(cluster.model.status, revisions=kept))
    cluster.observed = replace(cluster.observed, revisions=(ours,))
    reconcile(cluster, times=2)
    assert cluster.model.status.revisions == kept


def test_a_resource_definition_without_the_record_is_reported(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Notes, "changed", lambda *_: None)  # it expects to read what was written

    class Older(Memory):
        def patch_status(self, model: Any, patch: Any) -> Any:
            return super().patch_status(model, {name: value for name, value in patch.items() if name != "revisions"})

    inputs = inputs_of(SERVES_13)
    status = structs.replace(inputs.model.status, revisions=None)
    reconcile(Older(replace(inputs.model, status=status), inputs.observed))
    assert "the resource definition is older than the operator" in caplog.text
