"""POST /explain: a prediction taken apart, exactly."""

import math

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize("text", ["A good story, great even.", "not good, not good", "zebra", ""])
def test_bias_and_contributions_add_up_to_the_margin_of_the_prediction(client: FlaskClient, text: str) -> None:
    explanation = client.post("/explain", json={"text": text}).get_json()
    total = explanation["bias"][0] + math.fsum(part["contributions"][0] for part in explanation["contributions"])
    assert total == pytest.approx(explanation["margins"][0], abs=1e-6)
    asked = client.post("/predict", json={"text": text}).get_json()
    assert {name: explanation[name] for name in asked} == asked


def test_every_known_ngram_is_named_and_counted(client: FlaskClient) -> None:
    explanation = client.post("/explain", json={"text": "NOT good; not good story"}).get_json()
    found = {part["ngram"]: part["count"] for part in explanation["contributions"]}
    assert found == {"not good": 2, "good": 2, "story": 1}
    assert {part["view"] for part in explanation["contributions"]} == {"words"}


def test_an_explanation_is_no_prediction_to_the_metrics(client: FlaskClient) -> None:
    client.post("/explain", json={"text": "good"})
    assert "sentiment_confidence_count 0.0" in client.get("/metrics").text


@pytest.mark.parametrize(
    ("body", "status"), [({"texts": ["a"]}, 422), ({"text": 1}, 422), ({"text": "x" * 10_001}, 413)]
)
def test_another_shape_is_refused(client: FlaskClient, body: object, status: int) -> None:
    assert client.post("/explain", json=body).status_code == status


def test_another_media_type_is_415(client: FlaskClient) -> None:
    assert client.post("/explain", data=b'{"text": "good"}', content_type="text/plain").status_code == 415
