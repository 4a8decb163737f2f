"""Clients that exist work as they are: Triton's for the Open Inference Protocol, MLflow's for its scoring server."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sentiment_model.pyfunc import PyFunc
from tests.integration.serving.process import Server, serving
from tests.unit.serving.tiny_model import tiny_scorer, write_version

pytestmark = pytest.mark.integration

TEXTS = ["A good story", "awful 👎", "not good", ""]
LABELS = ["positive", "negative", "negative", "positive"]
PREDICTED = PyFunc(tiny_scorer()).predict({"text": TEXTS})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that all tests here share."""
    folder = tmp_path_factory.mktemp("model")
    write_version(folder)
    with serving(folder, "14") as server:
        yield server


@pytest.fixture
def triton(server: Server) -> Iterator[Any]:
    """Triton's client, with its defaults."""
    from tritonclient.http import InferenceServerClient

    with InferenceServerClient(f"127.0.0.1:{server.port}") as client:
        yield client


def tensor(shape: tuple[int, ...] = (len(TEXTS),), *, binary: bool = True) -> Any:
    """The texts, as Triton's client sends them."""
    from tritonclient.http import InferInput

    given = InferInput("text", list(shape), "BYTES")
    given.set_data_from_numpy(np.array([text.encode() for text in TEXTS], dtype=object).reshape(shape), binary)
    return given


def test_triton_sees_server_and_model(triton: Any) -> None:
    assert triton.is_server_live()
    assert triton.is_server_ready()
    assert triton.is_model_ready("reviews")
    assert triton.is_model_ready("reviews", "14")
    assert not triton.is_model_ready("reviews", "13")
    assert "binary_tensor_data" in triton.get_server_metadata()["extensions"]
    assert triton.get_model_metadata("reviews")["inputs"][0]["datatype"] == "BYTES"


@pytest.mark.parametrize("version", ["", "14"])
@pytest.mark.parametrize("shape", [(4,), (4, 1)])
@pytest.mark.parametrize("binary", [True, False])
def test_triton_infers_with_its_defaults_and_in_json(
    triton: Any, version: str, shape: tuple[int, ...], binary: bool
) -> None:
    answer = triton.infer("reviews", [tensor(shape, binary=binary)], model_version=version, request_id="r-42")
    assert [label.decode() for label in answer.as_numpy("label")] == LABELS
    probabilities = answer.as_numpy("probabilities")
    assert probabilities.shape == (4, 2)
    assert probabilities.dtype == np.float64
    assert probabilities.sum(axis=1) == pytest.approx([1.0] * 4)
    assert answer.get_response()["id"] == "r-42"


@pytest.mark.parametrize("binary", [True, False])
def test_triton_gets_the_outputs_it_asks_for(triton: Any, binary: bool) -> None:
    from tritonclient.http import InferRequestedOutput

    answer = triton.infer("reviews", [tensor()], outputs=[InferRequestedOutput("probabilities", binary_data=binary)])
    assert answer.as_numpy("probabilities").shape == (4, 2)
    assert answer.as_numpy("label") is None


def test_triton_gets_an_error_sentence(triton: Any) -> None:
    from tritonclient.utils import InferenceServerException

    with pytest.raises(InferenceServerException, match="reviews, version 14"):
        triton.infer("other", [tensor()])
    given = tensor()
    given.set_shape([3])
    with pytest.raises(InferenceServerException, match="neither"):
        triton.infer("reviews", [given])


@pytest.mark.usefixtures("mlflow_imported")
def test_mlflows_scoring_client_gets_the_pyfuncs_predictions(server: Server) -> None:
    import pandas as pd
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient

    client = ScoringServerClient("127.0.0.1", server.port)
    client.wait_server_ready(timeout=10)
    assert json.loads(client.get_version())["model"]["name"] == "reviews"
    for data in (pd.DataFrame({"text": TEXTS}), pd.DataFrame({"id": [1, 2, 3, 4], "text": TEXTS}), TEXTS):
        rows = client.invoke(data).get_predictions().to_dict("records")
        assert [row["label"] for row in rows] == LABELS
        assert [row["probability"] for row in rows] == pytest.approx([row["probability"] for row in PREDICTED])


@pytest.mark.usefixtures("mlflow_imported")
def test_mlflows_own_writers_of_requests_are_understood(server: Server) -> None:
    import pandas as pd

    frame = pd.DataFrame({"id": range(len(TEXTS)), "text": TEXTS})
    bodies = [
        ("application/json", json.dumps({"dataframe_split": frame.to_dict(orient="split")})),
        ("application/json", json.dumps({"dataframe_records": frame.to_dict(orient="records")})),
        ("text/csv", frame.to_csv(index=False)),
        ("text/csv; charset=utf-8", frame.to_csv()),
    ]
    for content_type, body in bodies:
        request = urllib.request.Request(
            f"{server.url}/invocations", body.encode(), {"Content-Type": content_type}, method="POST"
        )
        with urllib.request.urlopen(request) as response:
            assert [row["label"] for row in json.load(response)["predictions"]] == LABELS
