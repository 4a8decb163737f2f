"""The Open Inference Protocol, claim by claim as its specification makes them.

https://github.com/kserve/open-inference-protocol (inference_rest.md) and the binary tensor data extension.
"""

import json
import struct
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TEXTS = ["A good story", "awful", "not good"]
LABELS = ["positive", "negative", "negative"]
PATH = "/v2/models/reviews/infer"


def tensor(texts: list[Any] = TEXTS, **changes: Any) -> dict[str, Any]:
    return {"name": "text", "shape": [len(texts)], "datatype": "BYTES", "data": texts} | changes


def infer(client: FlaskClient, path: str = PATH, **request: Any) -> TestResponse:
    return client.post(path, json={"inputs": [tensor()]} | request)


def packed(texts: list[str]) -> bytes:
    return b"".join(struct.pack("<I", len(text.encode())) + text.encode() for text in texts)


def infer_binary(
    client: FlaskClient, data: bytes, *, size: int | None = None, count: int = 3, header: str | None = None, **more: Any
) -> TestResponse:
    given = tensor(shape=[count], parameters={"binary_data_size": len(data) if size is None else size})
    del given["data"]
    head = json.dumps({"inputs": [given]} | more).encode()
    headers = {"Inference-Header-Content-Length": str(len(head)) if header is None else header}
    return client.post(PATH, data=head + data, headers=headers)


def split(response: TestResponse) -> tuple[dict[str, Any], bytes]:
    length = int(response.headers["Inference-Header-Content-Length"])
    return json.loads(response.data[:length]), response.data[length:]


def strings(data: bytes) -> list[str]:
    found = []
    while data:
        (length,) = struct.unpack("<I", data[:4])
        found.append(data[4 : 4 + length].decode())
        data = data[4 + length :]
    return found


def test_server_metadata_names_the_server_its_version_and_extensions(client: FlaskClient) -> None:
    for path in ("/v2", "/v2/"):
        document = client.get(path).get_json()
        assert isinstance(document["name"], str)
        assert isinstance(document["version"], str)
        assert document["extensions"] == ["binary_tensor_data"]


def test_health_is_reported_by_status_and_in_json(client: FlaskClient) -> None:
    assert client.get("/v2/health/live").get_json() == {"live": True}
    assert client.get("/v2/health/ready").get_json() == {"ready": True}
    assert client.get("/v2/models/reviews/ready").get_json() == {"name": "reviews", "ready": True}
    assert client.get("/v2/models/reviews/versions/14/ready").status_code == 200


def test_while_draining_it_lives_and_is_not_ready(client: FlaskClient) -> None:
    client.application.extensions["sentiment_serving"].lifecycle.drain()
    assert client.get("/v2/health/live").status_code == 200
    for path in ("/v2/health/ready", "/v2/models/reviews/ready"):
        assert client.get(path).status_code == 503
    assert infer(client).status_code == 200


def test_model_metadata_describes_inputs_and_outputs(client: FlaskClient) -> None:
    for path in ("/v2/models/reviews", "/v2/models/reviews/versions/14"):
        document = client.get(path).get_json()
        assert document["name"] == "reviews"
        assert document["versions"] == ["14"]
        assert document["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [-1]}]
        assert document["outputs"] == [
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP64", "shape": [-1, 2]},
        ]
        assert document["parameters"]["labels"] == ["negative", "positive"]


@pytest.mark.parametrize("path", ["/v2/models/other", "/v2/models/reviews/versions/13", "/v2/models/other/ready"])
def test_another_model_or_version_is_an_error(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert isinstance(client.get(path).get_json()["error"], str)


@pytest.mark.parametrize("path", ["/v2/models/other/infer", "/v2/models/reviews/versions/13/infer"])
def test_another_model_or_version_predicts_nothing(client: FlaskClient, path: str) -> None:
    response = infer(client, path)
    assert response.status_code == 404
    assert "reviews, version 14" in response.get_json()["error"]


@pytest.mark.parametrize("path", [PATH, "/v2/models/reviews/versions/14/infer"])
def test_inference_names_model_and_version_and_has_all_outputs(client: FlaskClient, path: str) -> None:
    document = infer(client, path).get_json()
    assert (document["model_name"], document["model_version"]) == ("reviews", "14")
    assert "id" not in document
    label, probabilities = document["outputs"]
    assert label == {"name": "label", "shape": [3], "datatype": "BYTES", "data": LABELS}
    numbers = probabilities.pop("data")
    assert probabilities == {"name": "probabilities", "shape": [3, 2], "datatype": "FP64"}
    assert len(numbers) == 6
    one = client.post("/predict", json={"text": TEXTS[0]}).get_json()["probabilities"]
    assert numbers[:2] == list(one.values())


def test_the_id_comes_back(client: FlaskClient) -> None:
    assert infer(client, id="42").get_json()["id"] == "42"


def test_only_the_outputs_that_were_asked_for_come_back(client: FlaskClient) -> None:
    document = infer(client, outputs=[{"name": "label"}]).get_json()
    assert [output["name"] for output in document["outputs"]] == ["label"]


def test_parameters_are_let_pass(client: FlaskClient) -> None:
    given = tensor(parameters={"content_type": "str"})
    assert infer(client, inputs=[given], parameters={"priority": 1}).status_code == 200


@pytest.mark.parametrize("shape", [[3], [3, 1]])
@pytest.mark.parametrize("data", [TEXTS, [[text] for text in TEXTS]])
def test_a_row_a_column_and_nested_data_are_the_same(client: FlaskClient, shape: list[int], data: list[Any]) -> None:
    response = infer(client, inputs=[tensor(data, shape=shape)])
    assert response.get_json()["outputs"][0]["data"] == LABELS


def test_binary_tensors_go_in_and_come_out(client: FlaskClient) -> None:
    response = infer_binary(client, packed(TEXTS), parameters={"binary_data_output": True})
    assert response.content_type == "application/octet-stream"
    document, tail = split(response)
    label, probabilities = document["outputs"]
    size = label["parameters"]["binary_data_size"]
    assert "data" not in label
    assert strings(tail[:size]) == LABELS
    numbers = struct.unpack("<6d", tail[size:])
    assert probabilities["parameters"]["binary_data_size"] == len(tail) - size == 48
    assert list(numbers) == infer(client).get_json()["outputs"][1]["data"]


def test_each_output_may_be_binary_or_not(client: FlaskClient) -> None:
    outputs = [{"name": "probabilities"}, {"name": "label", "parameters": {"binary_data": True}}]
    document, tail = split(infer(client, outputs=outputs))
    assert [output["name"] for output in document["outputs"]] == ["probabilities", "label"]
    assert len(document["outputs"][0]["data"]) == 6
    assert strings(tail) == LABELS


def test_a_binary_request_may_have_an_answer_in_json(client: FlaskClient) -> None:
    response = infer_binary(client, packed(TEXTS))
    assert response.content_type == "application/json"
    assert "Inference-Header-Content-Length" not in response.headers
    assert response.get_json()["outputs"][0]["data"] == LABELS


@pytest.mark.parametrize(
    ("inputs", "status"),
    [
        ([], 422),
        ([tensor(), tensor()], 422),
        ([tensor(name="zebra")], 422),
        ([tensor(datatype="FP32")], 422),
        ([tensor(shape=[2])], 422),
        ([tensor(shape=[3, 2])], 422),
        ([tensor(shape=[-3])], 422),
        ([tensor(shape=[10**30])], 422),
        ([tensor([], shape=[0])], 422),
        ([tensor([1, 2, 3])], 422),
        ([tensor([["a", ["b"]]], shape=[2])], 422),
        ([{"name": "text", "shape": [1], "datatype": "BYTES"}], 422),
        ([tensor(["x"] * 201)], 413),
        ([tensor(["x" * 10_001])], 413),
        ("zebra", 422),
    ],
)
def test_another_input_is_an_error_that_states_what_to_send(client: FlaskClient, inputs: Any, status: int) -> None:
    response = infer(client, inputs=inputs)
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    document = response.get_json()
    assert document["error"] == document["detail"]
    assert "zebra" not in response.text


@pytest.mark.parametrize(
    "outputs",
    [
        [{"name": "zebra"}],
        [{"name": "label"}, {"name": "label"}],
        [{"name": "label", "parameters": {"classification": 2}}],
    ],
)
def test_another_output_is_an_error(client: FlaskClient, outputs: list[Any]) -> None:
    assert infer(client, outputs=outputs).status_code == 422


@pytest.mark.parametrize(
    ("data", "changes"),
    [
        (packed(TEXTS)[:-1], {}),
        (b"\xff\xff\xff\xff", {"count": 1}),
        (b"\x01", {"count": 1}),
        (struct.pack("<I", 1) + b"\xff", {"count": 1}),
        (packed(TEXTS), {"size": 3}),
        (packed(TEXTS), {"size": -1}),
        (packed(TEXTS), {"size": True}),
        (packed(TEXTS), {"header": "99999"}),
        (packed(TEXTS), {"header": "-1"}),
        (packed(TEXTS), {"header": "²"}),
        (packed(TEXTS), {"header": "9" * 5000}),
        (packed(TEXTS), {"header": "3"}),
        (packed(TEXTS), {"count": 2}),
    ],
)
def test_a_binary_tensor_that_contradicts_itself_is_an_error(
    client: FlaskClient, data: bytes, changes: dict[str, Any]
) -> None:
    response = infer_binary(client, data, **changes)
    assert response.status_code in (400, 422)
    assert isinstance(response.get_json()["error"], str)


def test_bytes_that_no_tensor_claims_are_an_error(client: FlaskClient) -> None:
    head = json.dumps({"inputs": [tensor()]}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head))}
    assert client.post(PATH, data=head + b"more", headers=headers).status_code == 422


def test_another_media_type_is_415(client: FlaskClient) -> None:
    assert client.post(PATH, data=b"{}", content_type="text/plain").status_code == 415
