"""The HTTP interface, as a gate of the pipeline: `MODEL_DIR=models pytest tests/test_flask_app.py`.

With MODEL_DIR the claims are made about the model in that folder, whatever its labels; without it about a small one.
They hold for every model that may be deployed: what a client, a probe and a scrape can rely on.
"""

import json
import logging
import math
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from sentiment_model.manifest import MODEL
from sentiment_serving.app import create_app
from sentiment_serving.http.lifecycle import Lifecycle
from sentiment_serving.limits import Limits
from sentiment_serving.load import open_model
from sentiment_serving.logs import JsonFormatter
from sentiment_serving.settings import identity_from_environ
from tests.unit.serving.tiny_model import write_version

SENTENCES = [
    "A warm and funny film; I would see it again tomorrow.",
    "Two hours of my life that I will not get back.",
    "not good, not bad",
    "Ça m'a plu. Très bien ! 👍",
    "<br />SHOUTING<br />",
    "",
    " \t\n",
]
LIMITS = Limits(body_bytes=100_000, texts=20, text_chars=10_000)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model file that the claims are about."""
    if "MODEL_DIR" in os.environ:
        return Path(os.environ["MODEL_DIR"]) / MODEL
    folder = tmp_path_factory.mktemp("model")
    write_version(folder)
    return folder / MODEL


@pytest.fixture
def lifecycle() -> Lifecycle:
    """Of the application under test."""
    return Lifecycle()


@pytest.fixture(params=[True, False], ids=["short way", "by way of Flask"])
def client(model: Path, lifecycle: Lifecycle, request: pytest.FixtureRequest) -> FlaskClient:
    """A client of a fresh application: every claim holds whichever way the routes in demand are answered."""
    identity = identity_from_environ({"MODEL_NAME": "reviews", "MODEL_VERSION": "14"}, model)
    app = create_app(open_model(model), identity=identity, limits=LIMITS, lifecycle=lifecycle, fast_path=request.param)
    return app.test_client()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """All lines of the log, as they would be written."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    keep = Keep()
    keep.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(keep)
    root.setLevel(level)


def metric(client: FlaskClient, series: str, /, **labels: str) -> float:
    """The value of a series, 0 when there is none."""
    for family in text_string_to_metric_families(client.get("/metrics").text):
        for sample in family.samples:
            if sample.name == series and labels.items() <= sample.labels.items():
                return sample.value
    return 0.0


@pytest.mark.parametrize("text", SENTENCES)
def test_any_text_gets_a_label_and_a_distribution(client: FlaskClient, text: str) -> None:
    response = client.post("/predict", json={"text": text})
    assert response.status_code == 200
    document = response.get_json()
    probabilities = document["probabilities"]
    assert math.fsum(probabilities.values()) == pytest.approx(1.0, abs=1e-6)
    assert all(0.0 <= value <= 1.0 for value in probabilities.values())
    assert document["label"] == max(probabilities, key=probabilities.__getitem__)


def test_a_batch_returns_what_single_requests_return(client: FlaskClient) -> None:
    batch = client.post("/predict", json={"texts": SENTENCES}).get_json()["predictions"]
    singles = [client.post("/predict", json={"text": text}).get_json() for text in SENTENCES]
    for one, other in zip(batch, singles, strict=True):
        assert one["label"] == other["label"]
        assert one["probabilities"] == other["probabilities"]


def test_the_same_request_has_the_same_answer(client: FlaskClient) -> None:
    answers = {client.post("/predict", json={"texts": SENTENCES}).data for _ in range(3)}
    assert len(answers) == 1


def test_labels_have_the_order_of_the_version_route(client: FlaskClient) -> None:
    labels = client.get("/version").get_json()["labels"]
    assert len(labels) >= 2
    assert list(json.loads(client.post("/predict", json={"text": "x"}).data)["probabilities"]) == labels


def test_every_answer_names_the_model(client: FlaskClient) -> None:
    answer = client.post("/predict", json={"text": "x"}).get_json()["model"]
    assert answer == client.get("/version").get_json()["model"]
    assert (answer["name"], answer["version"]) == ("reviews", "14")
    assert answer["digest"].startswith("sha256:")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/livez", 200),
        ("GET", "/readyz", 200),
        ("GET", "/ping", 200),
        ("GET", "/version", 200),
        ("GET", "/metrics", 200),
        ("GET", "/nothing", 404),
        ("GET", "/predict", 405),
        ("DELETE", "/readyz", 405),
        ("POST", "/predict", 415),
    ],
)
def test_every_answer_has_the_version_and_a_request_id(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    response = client.open(path, method=method)
    assert response.status_code == status
    assert response.headers["X-Model-Version"] == "14"
    assert response.headers["X-Request-Id"]
    if status >= 400:
        assert response.content_type == "application/problem+json"
        document = response.get_json()
        assert document["status"] == status
        assert document["detail"]
        assert document["request_id"] == response.headers["X-Request-Id"]


def test_a_wrong_method_gets_the_right_ones(client: FlaskClient) -> None:
    assert "POST" in client.get("/predict").headers["Allow"]


def test_a_callers_request_id_is_kept(client: FlaskClient) -> None:
    response = client.get("/livez", headers={"X-Request-Id": "trace-42.a_b"})
    assert response.headers["X-Request-Id"] == "trace-42.a_b"


@pytest.mark.parametrize("given", ["zebra zebra", "x" * 65, "-", 'a"b', "ü"])
def test_a_request_id_of_another_form_is_replaced(client: FlaskClient, given: str) -> None:
    response = client.get("/livez", headers={"X-Request-Id": given})
    assert given not in response.headers["X-Request-Id"]


def test_a_body_over_the_limit_is_413_before_it_is_read(client: FlaskClient) -> None:
    response = client.post("/predict", json={"text": "x" * LIMITS.body_bytes})
    assert response.status_code == 413
    assert f"{LIMITS.body_bytes} bytes" in response.get_json()["detail"]


def test_other_limits_are_413_too(client: FlaskClient) -> None:
    assert client.post("/predict", json={"texts": ["x"] * 21}).status_code == 413
    assert client.post("/predict", json={"text": "x" * 10_001}).status_code == 413


def test_ready_ends_with_draining_while_answers_go_on(client: FlaskClient, lifecycle: Lifecycle) -> None:
    assert client.get("/readyz").status_code == 200
    lifecycle.drain()
    for path in ("/readyz", "/ping"):
        response = client.get(path)
        assert response.status_code == 503
        assert "draining" in response.get_json()["detail"]
    assert client.get("/livez").status_code == 200
    assert client.post("/predict", json={"text": "x"}).status_code == 200


def test_the_proof_of_readiness_counts_in_no_metric(client: FlaskClient) -> None:
    assert metric(client, "sentiment_confidence_count") == 0


def test_predictions_and_requests_are_counted(client: FlaskClient) -> None:
    client.post("/predict", json={"texts": SENTENCES})
    client.post("/predict", data=b"{")
    assert metric(client, "sentiment_confidence_count") == len(SENTENCES)
    assert metric(client, "sentiment_empty_texts_total") == 2
    assert metric(client, "sentiment_requests_total", route="/predict", code="200") == 1
    assert metric(client, "sentiment_requests_total", route="/predict", code="415") == 1
    assert metric(client, "sentiment_request_duration_seconds_count", route="/predict") == 2
    assert metric(client, "sentiment_model_info", name="reviews", version="14") == 1


def test_a_verification_counts_in_no_metric(client: FlaskClient) -> None:
    header = {"Sentiment-Verification": "1"}
    assert client.post("/predict", json={"texts": SENTENCES}, headers=header).status_code == 200
    assert client.post("/predict", data=b"{", headers=header).status_code == 415
    assert metric(client, "sentiment_confidence_count") == 0
    assert metric(client, "sentiment_empty_texts_total") == 0
    assert metric(client, "sentiment_requests_total", route="/predict") == 0
    assert metric(client, "sentiment_request_duration_seconds_count", route="/predict") == 0


def test_paths_that_clients_make_up_make_no_series(client: FlaskClient) -> None:
    for number in range(5):
        client.get(f"/zebra/{number}")
    assert metric(client, "sentiment_requests_total", route="none", code="404") == 5
    assert "zebra" not in client.get("/metrics").text


def test_the_log_has_sizes_and_no_text(client: FlaskClient, log: list[str]) -> None:
    client.post("/predict", json={"texts": ["zebra one", "zebra two"]}, headers={"X-Request-Id": "r-1"})
    client.post("/predict", data=b'{"text": "zebra"', content_type="application/json")
    client.post("/predict", json={"zebra": "zebra"})
    client.get("/zebra?zebra=zebra", headers={"X-Request-Id": "zebra zebra", "User-Agent": "zebra"})
    client.open("/predict", method="ZEBRA")
    assert not [line for line in log if "zebra" in line.lower()]
    entry = next(line for line in map(json.loads, log) if line.get("request_id") == "r-1")
    assert (entry["route"], entry["status"], entry["texts"], entry["chars"]) == ("/predict", 200, 2, 18)


def test_a_defect_of_ours_is_500_without_a_word_of_the_text(
    client: FlaskClient, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(text: str) -> None:
        raise RuntimeError(f"cannot score {text}")

    predictor = client.application.extensions["sentiment_serving"].predictor
    monkeypatch.setattr(predictor._scorer, "predict", fail)
    response = client.post("/predict", json={"text": "zebra"})
    assert response.status_code == 500
    assert response.content_type == "application/problem+json"
    assert response.headers["X-Model-Version"] == "14"
    assert "zebra" not in response.text
    assert not [line for line in log if "zebra" in line]
    assert any("RuntimeError" in line and response.get_json()["request_id"] in line for line in log)
