"""Bytes in, status and bytes out: shapes, limits and what is never repeated.

| body | status |
|---|---|
| one text, several texts, null beside one | 200 |
| not JSON, not UTF-8, nested without end, half a surrogate | 400 |
| too many bytes, texts, characters | 413 |
| another media type | 415 |
| JSON of another shape | 422 |
"""

import json
from typing import Any

import pytest

from sentiment_serving.http.message import Request, Response
from sentiment_serving.http.metrics import Metrics
from sentiment_serving.http.predict import Predictor
from sentiment_serving.identity import ModelIdentity
from sentiment_serving.limits import Limits
from tests.unit.serving.tiny_model import tiny_scorer

IDENTITY = ModelIdentity(name="reviews", version="14", digest="sha256:" + "a" * 64)
LIMITS = Limits(body_bytes=200, texts=3, text_chars=40)


def predictor(identity: ModelIdentity = IDENTITY) -> Predictor:
    scorer = tiny_scorer()
    return Predictor(scorer, identity=identity, limits=LIMITS, metrics=Metrics(identity, scorer.labels))


def ask(body: bytes | object, content_type: str = "application/json") -> tuple[Response, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = predictor().predict(Request(data, content_type, "r-1"))
    return answer, json.loads(answer.body)


def test_one_text_has_one_answer() -> None:
    answer, document = ask({"text": "A good story"})
    assert answer.status == 200
    assert answer.content_type == "application/json"
    assert document["label"] == "positive"
    assert list(document["probabilities"]) == ["negative", "positive"]
    assert sum(document["probabilities"].values()) == pytest.approx(1.0)
    assert document["model"] == {"name": "reviews", "version": "14", "digest": "sha256:" + "a" * 64}
    assert set(document) == {"label", "probabilities", "model"}


def test_several_texts_are_answered_in_their_order() -> None:
    answer, document = ask({"texts": ["great", "not good", ""]})
    assert answer.status == 200
    assert [one["label"] for one in document["predictions"]] == ["positive", "negative", "positive"]
    assert set(document) == {"predictions", "model"}
    assert all(set(one) == {"label", "probabilities"} for one in document["predictions"])


def test_a_list_of_one_is_answered_as_a_list() -> None:
    _, document = ask({"texts": ["bad"]})
    assert len(document["predictions"]) == 1


def test_sizes_are_recorded_for_the_log() -> None:
    answer, _ = ask({"texts": ["great", "bad"]})
    assert (answer.texts, answer.chars) == (2, 8)


@pytest.mark.parametrize("body", [{"text": "good", "texts": None}, {"text": "good", "lang": "en"}])
def test_null_and_unknown_fields_do_not_disturb(body: object) -> None:
    assert ask(body)[0].status == 200


def test_an_unknown_digest_is_null() -> None:
    identity = ModelIdentity(name="local", version="local", digest="")
    answer = predictor(identity).predict(Request(b'{"text": ""}', "application/json", "r"))
    assert json.loads(answer.body)["model"]["digest"] is None


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/x+json"])
def test_json_is_known_by_any_of_its_names(content_type: str) -> None:
    assert ask({"text": "good"}, content_type)[0].status == 200


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_another_media_type_is_415(content_type: str) -> None:
    answer, document = ask({"text": "good"}, content_type)
    assert answer.status == 415
    assert "Content-Type: application/json" in document["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"text=good",
        b'{"text": "good"} and more',
        b'{"text": "\xff"}',
        b'{"text": "\\ud800 alone"}',
        b'{"text": "\xed\xa0\x80"}',
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_not_json_is_400(body: bytes) -> None:
    answer, document = ask(body)
    assert answer.status == 400
    assert answer.content_type == "application/problem+json"
    assert document["title"] == "Malformed request"


def test_endless_nesting_is_400() -> None:
    scorer = tiny_scorer()
    limits = Limits(body_bytes=1_000_000)
    roomy = Predictor(scorer, identity=IDENTITY, limits=limits, metrics=Metrics(IDENTITY, scorer.labels))
    body = b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    answer = roomy.predict(Request(body, "application/json", "r"))
    assert answer.status == 400
    assert b"nested too deeply" in answer.body


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({}, "neither text nor texts"),
        ({"text": "a", "texts": ["b"]}, "both text and texts"),
        ({"texts": []}, "an empty list of texts"),
        ({"text": 3}, "got `int` - at `$.text`"),
        ({"texts": "a"}, "got `str` - at `$.texts`"),
        ({"texts": ["a", None]}, "got `null` - at `$.texts[1]`"),
        (["a"], "got `array`"),
        (None, "got `null`"),
    ],
)
def test_another_shape_is_422_and_names_what_was_found(body: object, found: str) -> None:
    answer, document = ask(body)
    assert answer.status == 422
    assert found in document["detail"]
    assert '{"text": "..."}' in document["detail"]


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        ({"texts": ["a"] * 4}, "3 texts"),
        ({"texts": ["short", "x" * 41]}, "40 characters, and text 1 has 41"),
    ],
)
def test_more_than_the_limits_is_413_and_names_the_limit(body: object, limit: str) -> None:
    answer, document = ask(body)
    assert answer.status == 413
    assert limit in document["detail"]


def test_the_limits_themselves_are_allowed() -> None:
    assert ask({"texts": ["x" * 40, "a", "b"]})[0].status == 200


def test_problems_have_the_members_of_the_rfc_and_the_request_id() -> None:
    _, document = ask({})
    assert set(document) == {"type", "title", "status", "detail", "request_id"}
    assert document["status"] == 422
    assert document["request_id"] == "r-1"


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "zebra" zebra}',
        b'{"zebra": "zebra"}',
        b'{"texts": {"zebra": "zebra"}}',
        b'{"texts": ["zebra", "zebrazebrazebrazebrazebrazebrazebrazebrazebra"]}',
        b'{"text": "zebra\xff"}',
        b"zebra",
    ],
)
def test_no_problem_repeats_what_was_sent(body: bytes) -> None:
    answer, _ = ask(body)
    assert answer.status in (400, 413, 422)
    assert b"zebra" not in answer.body
