"""The spec as types: the defaults are those of the CRD, unknown fields are ignored, hashed parts stay as written."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from sentiment_operator.api.resource import Spec
from sentiment_operator.children.candidate import candidate
from sentiment_operator.children.deployment import pod_template
from tests.unit.operator.scenes import model, target

CRD = yaml.safe_load((Path(__file__).parents[4] / "crds" / "sentimentmodel.yaml").read_text())
SCHEMA: dict[str, Any] = CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
LEAST: dict[str, Any] = {"model": {"name": "m", "version": "1"}, "autoscaling": {"maxReplicas": 9}}
VERIFICATION = "rollout.verification."
"""Kept as it is written: its defaults are applied where the candidate is built."""


def crd_defaults(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, one in schema.get("properties", {}).items():
        if "default" in one:
            yield f"{path}{name}", one["default"]
        yield from crd_defaults(one, f"{path}{name}.")


def leaves(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, one in value.items():
        if isinstance(one, Mapping):
            yield from leaves(one, f"{path}{name}.")
        else:
            yield f"{path}{name}", one


def test_every_default_is_the_crds() -> None:
    given = dict(leaves(LEAST))
    own = dict(leaves(msgspec.to_builtins(Spec.parse(LEAST))))
    of_crd = {path: value for path, value in crd_defaults(SCHEMA) if value != {} and not path.startswith(VERIFICATION)}
    without = {path for path in own if path not in of_crd and path not in given}
    assert {path: own[path] for path in of_crd} == of_crd
    assert {own[path] for path in without} == {""}, "what has no default in the CRD is empty"


def test_a_candidate_is_verified_by_the_crds_defaults() -> None:
    rules = {path.removeprefix(VERIFICATION): value for path, value in crd_defaults(SCHEMA) if VERIFICATION in path}
    assert rules
    assert variables(rules) == variables({})


def variables(rules: Mapping[str, Any]) -> list[dict[str, str]]:
    resource = model({"rollout": {"verification": rules}})
    what = target(resource, "14")
    job = candidate(resource, what, pod_template(resource, what), against=None, not_compared="nothing serves yet")
    found: list[dict[str, str]] = job["spec"]["template"]["spec"]["containers"][0]["env"]
    return found


def test_fields_of_a_newer_crd_are_ignored() -> None:
    newer = {**LEAST, "canary": {"steps": [1]}, "service": {"port": 81, "trafficDistribution": "PreferClose"}}
    assert Spec.parse(newer).service.port == 81


def test_null_stands_for_what_is_not_set() -> None:
    parts = ("image", "resources", "service", "monitoring", "credentials", "podTemplate", "rollout", "suspend")
    nulls = {**LEAST, "model": {"name": "m", "version": "1", "alias": None}, **dict.fromkeys(parts)}
    assert Spec.parse(nulls) == Spec.parse(LEAST)


def test_what_is_hashed_stays_as_it_was_written() -> None:
    raw = {"limits": {"memory": "1Gi", "cpu": None}, "new": {"field": [1, 2.5, {}]}}
    spec = Spec.parse({**LEAST, "resources": raw, "podTemplate": raw, "rollout": {"verification": raw}})
    assert spec.resources == spec.pod_template == spec.rollout.verification == raw
