"""POST /invocations takes what MLflow's scoring server takes, and answers what the model's pyfunc returns."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from sentiment_model.pyfunc import PyFunc
from tests.unit.serving.tiny_model import tiny_scorer

TEXTS = ["A good story", "awful, wrote one", 'not "good"\nat all']

FORMATS: list[dict[str, Any]] = [
    {"instances": TEXTS},
    {"instances": [{"text": text} for text in TEXTS]},
    {"instances": [[text] for text in TEXTS]},
    {"inputs": TEXTS},
    {"inputs": {"text": TEXTS}},
    {"inputs": [{"text": text} for text in TEXTS]},
    {"dataframe_split": {"columns": ["text"], "data": [[text] for text in TEXTS], "index": [0, 1, 2]}},
    {"dataframe_split": {"columns": ["id", "text"], "data": [[1, text] for text in TEXTS]}},
    {"dataframe_split": {"columns": [0], "data": [[text] for text in TEXTS]}},
    {"dataframe_split": {"data": [[text] for text in TEXTS]}},
    {"dataframe_records": [{"id": 1, "text": text} for text in TEXTS]},
]


@pytest.mark.parametrize("body", FORMATS)
@pytest.mark.parametrize("params", [{}, {"params": {"temperature": 1}}])
def test_every_format_gets_the_pyfuncs_predictions(
    client: FlaskClient, body: dict[str, Any], params: dict[str, Any]
) -> None:
    response = client.post("/invocations", json=body | params)
    assert response.status_code == 200
    assert response.get_json() == {"predictions": PyFunc(tiny_scorer()).predict({"text": TEXTS})}


@pytest.mark.parametrize(
    "body",
    [
        'text\nA good story\n"awful, wrote one"\n"not ""good""\nat all"\n',
        'id,text\r\n1,A good story\r\n2,"awful, wrote one"\r\n3,"not ""good""\nat all"\r\n',
    ],
)
def test_csv_is_read_as_pandas_writes_it(client: FlaskClient, body: str) -> None:
    response = client.post("/invocations", data=body, content_type="text/csv; charset=utf-8")
    assert response.get_json() == {"predictions": PyFunc(tiny_scorer()).predict({"text": TEXTS})}


def test_a_long_text_in_csv_is_a_text(client: FlaskClient) -> None:
    body = "text\n" + "x" * 10_000 + "\n"
    assert client.post("/invocations", data=body, content_type="text/csv").status_code == 200


def test_no_rows_have_no_predictions(client: FlaskClient) -> None:
    assert client.post("/invocations", json={"instances": []}).get_json() == {"predictions": []}
    assert client.post("/invocations", data="text\n", content_type="text/csv").get_json() == {"predictions": []}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"zebra": []},
        {"instances": ["a"], "inputs": ["a"]},
        {"instances": [1]},
        {"instances": [["a", "b"]]},
        {"instances": [{"zebra": "zebra"}]},
        {"instances": [{"text": None}]},
        {"inputs": {"zebra": ["zebra"]}},
        {"inputs": {"text": [1]}},
        {"dataframe_split": {"columns": ["zebra", "other"], "data": [["zebra", "a"]]}},
        {"dataframe_split": {"columns": ["text"], "data": [[]]}},
        {"dataframe_split": {"columns": ["text"], "data": [["a", "b"]]}},
        {"dataframe_split": {"data": [[]]}},
        {"dataframe_records": [{"text": {"zebra": "zebra"}}]},
        ["zebra"],
    ],
)
def test_another_shape_is_422_and_states_what_to_send(client: FlaskClient, body: object) -> None:
    response = client.post("/invocations", json=body)
    assert response.status_code == 422
    assert "dataframe_split" in response.get_json()["detail"]
    assert "zebra" not in response.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"zebra,other\n1,2\n", 422),
        (b"id,text\n1\n", 422),
        (b'text\n"zebra', 400),
        (b"text\n\xff zebra", 400),
        (b"text\n" + b"x\n" * 201, 413),
    ],
)
def test_a_csv_without_texts_is_refused(client: FlaskClient, body: bytes, status: int) -> None:
    response = client.post("/invocations", data=body, content_type="text/csv")
    assert response.status_code == status
    assert "zebra" not in response.text


def test_parquet_is_415(client: FlaskClient) -> None:
    assert client.post("/invocations", data=b"PAR1", content_type="application/x-parquet").status_code == 415
