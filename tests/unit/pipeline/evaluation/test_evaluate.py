"""What is found out about a model, on one that was fitted to the built-in sample."""

from functools import cache

import pytest

from sentiment_model import Scorer
from sentiment_pipeline.data.reviews.review import Review
from sentiment_pipeline.errors import DataError
from sentiment_pipeline.evaluation.evaluate import summary
from sentiment_pipeline.evaluation.findings import MISTAKES, Findings, examine, labels_of
from sentiment_pipeline.params import Candidate, EvaluateParams
from sentiment_pipeline.training.export import to_linear_model
from tests.unit.pipeline.corpora import fitted, three_classes, two_classes

CORPORA = {2: two_classes, 3: three_classes}


@cache
def findings(labels: int) -> tuple[list[Review], Findings]:
    reviews = CORPORA[labels](600)
    scorer = Scorer(to_linear_model(fitted(Candidate(name="pairs", c=5.0), reviews[:300]), {}))
    return reviews[300:], examine(scorer, reviews[300:], EvaluateParams())


@pytest.mark.parametrize("labels", CORPORA)
def test_the_parts_of_a_slice_are_the_whole(labels: int) -> None:
    held_out, found = findings(labels)
    assert found.overall.rows == len(held_out) == 300
    for buckets in found.slices.values():
        assert sum(part.rows for part in buckets.values()) == 300
        right = sum(part.accuracy * part.rows for part in buckets.values())
        assert right == pytest.approx(found.overall.accuracy * 300)


@pytest.mark.parametrize("labels", CORPORA)
def test_the_parts_of_the_report_agree(labels: int) -> None:
    report = findings(labels)[1].report("sha256:1")
    confusion = report["confusion"]
    assert len(confusion) == labels
    assert sum(confusion[label][label] for label in confusion) == pytest.approx(report["accuracy"] * 300)
    assert {label: sum(row.values()) for label, row in confusion.items()} == {
        label: numbers["rows"] for label, numbers in report["labels"].items()
    }
    assert report["accuracy_low"] < report["accuracy"] < report["accuracy_high"]
    assert "champion" not in report


def test_the_worst_mistakes_are_listed_by_id_and_length_and_never_by_text() -> None:
    held_out, found = findings(2)
    by_id = {review.id: review for review in held_out}
    assert 0 < len(found.mistakes) <= MISTAKES
    assert [m.confidence for m in found.mistakes] == sorted((m.confidence for m in found.mistakes), reverse=True)
    for mistake in found.mistakes:
        assert mistake.actual == by_id[mistake.id].label != mistake.said
        assert mistake.words == len(by_id[mistake.id].text.split())
        assert by_id[mistake.id].text not in repr(found)


def test_a_label_that_the_model_lacks_is_named() -> None:
    with pytest.raises(DataError, match="labels that the model lacks: neutral"):
        labels_of([Review("1", "a", "neutral", "1")], ("negative", "positive"))


def test_the_summary_shows_accuracy_confusion_and_behaviour() -> None:
    _, found = findings(2)
    lines = summary(found)
    assert f"accuracy {found.overall.accuracy:.4f} ({found.overall.accuracy_low:.4f} to" in lines[0]
    for label, line in zip(found.labels, lines[2:4], strict=True):
        assert line.split() == [label, *(str(count) for count in found.confusion[label].values())]
    assert sum(line.startswith(("negation", "typos")) for line in lines) == 2
