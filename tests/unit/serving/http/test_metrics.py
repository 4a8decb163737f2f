"""What Prometheus sees of predictions."""

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from sentiment_model import Prediction
from sentiment_serving.http.metrics import Metrics
from sentiment_serving.identity import ModelIdentity

IDENTITY = ModelIdentity(name="reviews", version="14", digest="sha256:" + "b" * 64)


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(metrics.exposition()[0].decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def prediction(*, known: int, total: int, confidence: float = 0.8) -> Prediction:
    return Prediction("positive", (1 - confidence, confidence), (1.0,), known, total)


def test_the_model_is_shown_once_by_name_version_and_digest() -> None:
    found = samples(Metrics(IDENTITY, ("negative", "positive")))
    labels = (("digest", "sha256:" + "b" * 64), ("name", "reviews"), ("version", "14"))
    assert found["sentiment_model_info", labels] == 1


def test_every_label_has_its_series_before_the_first_prediction() -> None:
    found = samples(Metrics(IDENTITY, ("negative", "neutral", "positive")))
    for label in ("negative", "neutral", "positive"):
        assert found["sentiment_predictions_total", (("label", label),)] == 0


def test_a_prediction_counts_by_label_confidence_and_unknown_share() -> None:
    metrics = Metrics(IDENTITY, ("negative", "positive"))
    metrics.predicted([prediction(known=3, total=4)])
    found = samples(metrics)
    assert found["sentiment_predictions_total", (("label", "positive"),)] == 1
    assert found["sentiment_confidence_sum", ()] == 0.8
    assert found["sentiment_oov_ratio_sum", ()] == 0.25
    assert found["sentiment_empty_texts_total", ()] == 0


def test_a_text_without_tokens_counts_as_empty_and_not_as_known() -> None:
    metrics = Metrics(IDENTITY, ("negative", "positive"))
    metrics.predicted([prediction(known=0, total=0)])
    found = samples(metrics)
    assert found["sentiment_empty_texts_total", ()] == 1
    assert found["sentiment_oov_ratio_count", ()] == 0


def test_answers_count_by_route_and_code() -> None:
    metrics = Metrics(IDENTITY, ("negative", "positive"))
    metrics.answered(route="/predict", code=413, seconds=0.002, request_id="r-1")
    found = samples(metrics)
    assert found["sentiment_requests_total", (("code", "413"), ("route", "/predict"))] == 1
    assert found["sentiment_request_duration_seconds_sum", (("route", "/predict"),)] == 0.002


def test_no_series_of_creation_times() -> None:
    metrics = Metrics(IDENTITY, ("negative", "positive"))
    metrics.predicted([prediction(known=1, total=1)])
    assert b"_created" not in metrics.exposition()[0]


def test_openmetrics_has_the_request_id_of_a_slow_answer_as_its_exemplar() -> None:
    metrics = Metrics(IDENTITY, ("negative", "positive"))
    metrics.answered(route="/predict", code=200, seconds=0.3, request_id="r-fast")
    metrics.answered(route="/predict", code=200, seconds=3.0, request_id="r-slow")
    body, content_type = metrics.exposition("application/openmetrics-text; version=1.0.0,text/plain;q=0.5")
    assert content_type.startswith("application/openmetrics-text")
    exemplars = {
        sample.labels["le"]: sample.exemplar.labels["request_id"]
        for family in openmetrics_families(body.decode())  # type: ignore[no-untyped-call]
        for sample in family.samples
        if sample.exemplar
    }
    assert exemplars == {"0.5": "r-fast", "5.0": "r-slow"}


def test_without_openmetrics_there_are_no_exemplars() -> None:
    metrics = Metrics(IDENTITY, ("negative", "positive"))
    metrics.answered(route="/predict", code=200, seconds=0.3, request_id="r-1")
    body, content_type = metrics.exposition("text/plain")
    assert content_type.startswith("text/plain")
    assert b"r-1" not in body


def test_a_number_that_others_keep_is_shown_as_it_is_then() -> None:
    metrics = Metrics(IDENTITY, ("negative", "positive"))
    waiting: list[int] = []
    metrics.watch("sentiment_requests_waiting", "How many.", lambda: len(waiting))
    waiting.append(1)
    assert samples(metrics)["sentiment_requests_waiting", ()] == 1
