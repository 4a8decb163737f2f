"""A registered model's name, wherever it goes. Every claim walks through tests/data/model_names.json.

| where                                     | names that MLflow allows     | others, and control characters |
|-------------------------------------------|------------------------------|--------------------------------|
| the shared rule                           | accepted                     | refused                        |
| MODEL_NAME of `serve` and `verify`        | kept as it is                | BadConfiguration, one sentence |
| `--name` of the pipeline's commands       | reaches MLflow as it is      | one sentence, MLflow not asked |
| `make register`, `gate`, `promote`        | reaches the command as it is |                                |
| paths of the Open Inference Protocol      | percent-encoded, both ways   |                                |
| responses, OpenAPI, metrics of the server | as it is                     |                                |
| a verdict, a termination message          | one line, 4096 bytes         |                                |
| labels of a pod; metrics of the operator  | not at all; one line         |                                |

The resource definition: tests/apiserver/test_crd.py. MLflow: tests/integration/test_model_names.py.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import create_environ

from sentiment_model.registered_name import why_refused
from sentiment_operator.children.deployment import pod_template
from sentiment_operator.decision.decide import decide
from sentiment_operator.metrics import Metrics as OperatorMetrics
from sentiment_pipeline.cli import main
from sentiment_serving.app import create_app
from sentiment_serving.http.metrics import Metrics
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.routes.table import ENDPOINTS
from sentiment_serving.settings import VerifySettings, identity_from_environ
from sentiment_serving.termination import MAX_BYTES, Reason, Termination
from sentiment_serving.verifying.verdict import Reason as VerdictReason
from sentiment_serving.verifying.verdict import Verdict
from tests.registry_names import ALLOWED, BAD_NAMES, CASES, GOOD_NAMES
from tests.unit.operator import scenes
from tests.unit.serving.tiny_model import tiny_scorer
from tests.unit.test_text import is_safe

ROOT = Path(__file__).resolve().parents[2]
DIGEST = "sha256:" + "a" * 64
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
SCORER = tiny_scorer()
INFER = {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["good"]}]}

good = pytest.mark.parametrize("name", GOOD_NAMES, ids=CASES.get)
bad = pytest.mark.parametrize("name", BAD_NAMES, ids=CASES.get)


def environ(name: str) -> dict[str, str]:
    return {"MODEL_NAME": name, "MODEL_VERSION": "14", "MODEL_DIGEST": DIGEST, "MODEL_DIR": "/model"}


@pytest.mark.parametrize("name", ALLOWED, ids=CASES.get)
def test_the_rule_is_that_of_the_table(name: str) -> None:
    assert (why_refused(name) == "") == ALLOWED[name]


def test_text_that_is_not_unicode_is_refused() -> None:
    """What Python makes of a variable of the environment that is not UTF-8."""
    assert why_refused(b"avis-fran\xe7ais".decode("utf-8", "surrogateescape")) == "must be text in UTF-8"


@good
def test_serve_and_verify_keep_the_name(name: str) -> None:
    assert identity_from_environ(environ(name), Path("model.safetensors")).name == name
    assert VerifySettings.from_environ(environ(name)).model.name == name


@bad
def test_serve_and_verify_refuse_a_name_that_no_model_can_have(name: str) -> None:
    if name:
        with pytest.raises(Termination, match=r"^MODEL_NAME must .*\.$") as serve:
            identity_from_environ(environ(name), Path("model.safetensors"))
        assert serve.value.reason is Reason.BAD_CONFIGURATION
    with pytest.raises(Termination, match=r"^MODEL_NAME (must|is not set).*\.$") as verify:
        VerifySettings.from_environ(environ(name))
    assert verify.value.reason is Reason.BAD_CONFIGURATION


@bad
def test_register_refuses_such_a_name_in_one_sentence(name: str) -> None:
    refused_by("register", name)


@pytest.mark.parametrize(
    ("command", "options"),
    [("gate", []), ("sign", ["--version=1"]), ("promote", ["--version=1", "--resource=r"]), ("convert", ["old.pkl"])],
)
def test_so_do_all_commands_that_take_a_name(command: str, options: list[str]) -> None:
    refused_by(command, "a/b", *options)


def refused_by(command: str, name: str, *options: str) -> None:
    result = CliRunner().invoke(main, [command, "--name", name, *options])
    assert result.exit_code == 1
    assert re.fullmatch(r"Error: --name must [^\n]+: use the name of the registered model in MLflow\n", result.stderr)


@good
def test_the_server_answers_by_the_name(name: str) -> None:
    answers_by_name(name, fast_path=True)


@pytest.mark.parametrize("name", GOOD_NAMES[1::9], ids=CASES.get)
def test_it_does_so_without_the_fast_path(name: str) -> None:
    answers_by_name(name, fast_path=False)


def answers_by_name(name: str, *, fast_path: bool) -> None:
    """Requests for metadata go through Flask's routing in any case."""
    identity = ModelIdentity(name=name, version="14", digest=DIGEST)
    client = create_app(SCORER, identity=identity, fast_path=fast_path).test_client()
    assert client.post("/predict", json={"text": "good"}).get_json()["model"]["name"] == name
    path = f"/v2/models/{quote(name, safe='')}"
    assert client.get(path).get_json()["name"] == name
    assert client.get(f"{path}/ready").get_json() == {"name": name, "ready": True}
    for one in (path, f"{path}/versions/14"):
        assert client.post(f"{one}/infer", json=INFER).get_json()["model_name"] == name
    assert client.post(f"{path}x/infer", json=INFER).status_code == 404
    document = client.get("/openapi.json").get_json()
    (parameter,) = document["paths"]["/v2/models/{name}"]["get"]["parameters"]
    assert parameter["schema"]["enum"] == [name]
    assert document["info"]["summary"] == f"Predictions of {name}, version 14"


@good
def test_the_fast_path_knows_the_path_of_the_name(name: str) -> None:
    identity = ModelIdentity(name=name, version="14", digest=DIGEST)
    (infer,) = [one for one in ENDPOINTS if one.route == "/v2/models/<name>/versions/<version>/infer"]
    asked = create_environ(f"/v2/models/{quote(name, safe='')}/versions/14/infer")
    assert infer.path_of(identity) == asked["PATH_INFO"]


@pytest.mark.parametrize(
    ("accept", "parse"),
    [("", text_string_to_metric_families), ("application/openmetrics-text", openmetrics_families)],
    ids=["text", "OpenMetrics"],
)
@good
def test_prometheus_reads_the_name(name: str, accept: str, parse: Callable[[str], Iterable[Metric]]) -> None:
    metrics = Metrics(ModelIdentity(name=name, version="14", digest=DIGEST), ("negative", "positive"))
    lines = metrics.exposition(accept)[0].decode().split("\n")
    of_the_model = [line for line in lines if "sentiment_model" in line]
    samples = [one for family in parse("\n".join((*of_the_model, "# EOF\n"))) for one in family.samples]
    assert [(one.name, one.labels["name"]) for one in samples] == [("sentiment_model_info", name)]


@good
def test_a_message_with_the_name_fits_and_is_one_line(name: str) -> None:
    model = ModelIdentity(name=name, version="14", digest=DIGEST)
    verdict = Verdict(model=model, reason=VerdictReason.ALL_CHECKS_PASSED, message="Passed: parity.").to_json()
    termination = Termination(Reason.BAD_CONFIGURATION, f"{name} has no version 14.").to_json()
    assert max(len(verdict), len(termination)) <= MAX_BYTES
    assert verdict.isascii()
    assert json.loads(verdict)["message"] == "Passed: parity."
    for text in (json.loads(verdict)["model"]["name"], json.loads(termination)["message"]):
        assert is_safe(text)


@good
def test_the_operator_puts_the_name_into_no_label_and_into_its_metrics(name: str) -> None:
    resource = scenes.model({"model": {"name": name, "version": "14"}})
    labels = pod_template(resource, scenes.target(resource, "14"))["metadata"]["labels"]
    assert all(LABEL_VALUE.fullmatch(value) for value in labels.values())
    inputs = scenes.inputs_of({"spec": {"model": {"name": name, "version": "14"}}})
    series = CollectorRegistry()
    OperatorMetrics(series).reconciled(inputs.model, decide(inputs).status, inputs.observed, 0.05)
    (shown,) = [
        one.labels["model"]
        for family in series.collect()
        for one in family.samples
        if one.name == "sentimentmodel_info"
    ]
    assert is_safe(shown)
    if name.isprintable() and " ".join(name.split()) == name:
        assert shown == name


@pytest.mark.parametrize(
    "name", ['it\'s "both"', "Sentiment Reviews", "$HOME `id` $(id) \\ & ; * <b> #", "avis-français"]
)
@pytest.mark.parametrize("target", ["register", "gate", "promote"])
def test_make_passes_the_name_on_as_it_is(target: str, name: str) -> None:
    command = ["make", "-s", "-o", "setup", target, "STAGE=printf '%s\\n'", "VERSION=1"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "NAME": name}, capture_output=True, text=True, check=True
    )
    words = done.stdout.split("\n")
    assert words[words.index("--name") + 1] == name
