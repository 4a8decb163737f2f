"""What the operator's settings allow: types and annotations of Services, and registered models by namespace."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sentiment_operator.api.errors import SignatureInvalid
from sentiment_operator.api.resource import SentimentModel, ServiceSpec
from sentiment_operator.decision.allowed import Allowed
from sentiment_operator.decision.decide import decide
from tests.unit.operator.memory import KEY, Memory, conditions, reconcile
from tests.unit.operator.scenes import body, inputs_of, model

SETTLED = {
    "serves": "14",
    "children": {"runs": "14", "pods": [{"version": "14", "ready": True}, {"version": "14", "ready": True}]},
}


@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort", "LoadBalancer"])
def test_everything_is_allowed_unless_a_setting_restricts_it(kind: str) -> None:
    assert Allowed().refused_service(ServiceSpec(type=kind, annotations={"example.com/a": "b"})) == ""
    assert Allowed().refused_model(model()) == ""


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("example.com/a", True),
        ("example.com/", True),
        ("example.org/exact", True),
        ("example.org/exactly", True),
        ("example.org/other", False),
        ("example.com.evil.example/a", False),
        ("Example.com/a", False),
        ("a", False),
    ],
)
def test_an_annotation_is_allowed_by_how_it_begins(name: str, allowed: bool) -> None:
    settings = Allowed(service_annotations=("example.com/", "example.org/exact"))
    assert (settings.refused_service(ServiceSpec(annotations={name: ""})) == "") is allowed


def test_a_message_names_a_few_annotations() -> None:
    annotations = {f"example.com/{number}": "" for number in range(64)}
    text = Allowed(service_annotations=("example.org/",)).refused_service(ServiceSpec(annotations=annotations))
    assert "example.com/0, example.com/1, example.com/10, example.com/11, example.com/12 and 59 more" in text


@pytest.mark.parametrize(
    ("models", "allowed"),
    [
        ({"shop": ("sentiment-reviews",)}, True),
        ({"shop": ("other", "sentiment-*")}, True),
        ({"shop": ("*",)}, True),
        ({"shop": ("sentiment",)}, False),
        ({"shop": ("Sentiment-*",)}, False),
        ({"team-a": ("*",)}, False),
        ({"team-a": ("*",), "*": ("sentiment-reviews",)}, True),
        ({"*": ("*",), "shop": ("other",)}, False),
    ],
)
def test_a_model_is_allowed_by_namespace(models: Mapping[str, tuple[str, ...]], allowed: bool) -> None:
    assert (Allowed(models=models).refused_model(model()) == "") is allowed


def test_the_registry_is_not_asked_about_a_model_that_is_not_allowed() -> None:
    asked: list[Any] = []
    cluster = Memory(model())
    reconcile(cluster, settings={"allowed_models": {"team-a": ("*",), "shop": ("shared-*",)}}, asked=asked)
    assert asked == []
    assert cluster.writes == ["status"]
    assert cluster.model is not None
    assert conditions(cluster)["ModelResolved"] == "False/Unauthorized"
    condition = cluster.model.status.condition("ModelResolved")
    assert condition is not None
    assert condition.message == (
        "The operator's setting ALLOWED_MODELS does not let namespace shop use model sentiment-reviews, only shared-*."
    )


def test_what_serves_goes_on_serving_when_its_model_is_not_allowed_any_more() -> None:
    inputs = inputs_of(SETTLED)
    cluster = Memory(inputs.model, inputs.observed)
    asked: list[Any] = []
    reconcile(cluster, times=2, settings={"allowed_models": {"team-a": ("*",)}}, asked=asked)
    assert asked == []
    assert cluster.writes == ["status"]
    assert conditions(cluster)["Ready"] == "True/Serving"
    assert conditions(cluster)["ModelResolved"] == "False/Unauthorized"


def test_another_version_or_template_of_it_is_not_rolled_out() -> None:
    inputs = inputs_of(SETTLED)
    for spec in ({"model": {"name": "sentiment-reviews", "version": "15"}}, {"monitoring": {"scrape": False}}):
        asked_for = replace(SentimentModel.parse(body(spec, generation=3)), status=inputs.model.status)
        cluster = Memory(asked_for, inputs.observed)
        reconcile(cluster, times=2, settings={"allowed_models": {"team-a": ("*",)}})
        assert set(cluster.writes) == {"status"}
        assert conditions(cluster)["Ready"] == "False/Unresolved"
        assert cluster.get(KEY) is not None


def test_a_service_that_is_not_allowed_is_neither_created_nor_changed_nor_deleted() -> None:
    inputs = inputs_of(SETTLED)
    spec = {"service": {"type": "LoadBalancer", "port": 8080, "annotations": {"example.com/a": "b"}}, "replicas": 3}
    asked_for = replace(SentimentModel.parse(body(spec, generation=3)), status=inputs.model.status)
    for observed in (inputs.observed, replace(inputs.observed, service=None)):
        cluster = Memory(asked_for, observed)
        reconcile(cluster, times=2, settings={"allowed_service_types": ("ClusterIP", "NodePort")})
        assert cluster.observed.service == observed.service
        assert "Deployment" in cluster.writes, "its pods are looked after"
        assert conditions(cluster)["Ready"] == "False/InvalidSpec"
        assert cluster.events.count("InvalidSpec") == 1


def test_a_service_that_is_not_allowed_leaves_the_endpoint_in_the_status() -> None:
    inputs = inputs_of(SETTLED)
    before = decide(inputs).status
    spec = {"service": {"type": "LoadBalancer", "port": 8080}}
    asked_for = replace(SentimentModel.parse(body(spec, generation=3)), status=before)
    decision = decide(replace(inputs, model=asked_for, allowed=Allowed(service_types=("ClusterIP",))))
    assert decision.status.endpoint == before.endpoint == "http://reviews.shop.svc:80"


@pytest.mark.parametrize(("name", "allowed"), [("reviews[prod]", True), ("reviewsp", False), ("reviews[prod]x", False)])
def test_a_bracket_in_a_pattern_is_a_bracket_of_the_name(name: str, allowed: bool) -> None:
    asking = model({"model": {"name": name, "version": "14"}})
    assert (Allowed(models={"shop": ("reviews[prod]",)}).refused_model(asking) == "") is allowed


def test_no_new_template_of_an_unsigned_version_is_rolled_out() -> None:
    inputs = inputs_of(SETTLED)
    for spec in ({"model": {"name": "sentiment-reviews", "version": "15"}}, {"monitoring": {"scrape": False}}):
        asked_for = replace(SentimentModel.parse(body(spec, generation=3)), status=inputs.model.status)
        decision = decide(replace(inputs, model=asked_for, answer=SignatureInvalid("It is not signed.")))
        assert [
            one["kind"] for one in decision.apply if one["kind"] in ("Job", "Deployment", "ControllerRevision")
        ] == []
