"""Behavioural tests, on models whose every weight is known."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

import pytest

from sentiment_model import LinearModel, Scorer, View
from sentiment_model.keys import ngram_key
from sentiment_pipeline.evaluation.behaviour import SHOWN_FAILURES, Behaviour, run_suite, table
from sentiment_pipeline.evaluation.behaviour_suite import misspelt, suite
from sentiment_pipeline.params import EvaluateParams

PRAISE = "good great wonderful brilliant funny beautiful superb memorable moving charming loved enjoyed admired adored"
BLAME = "bad terrible awful boring dull dreadful bland pointless forgettable tedious hated disliked regretted endured"
NEGATIONS = "not isn't never nothing don't"


def model(
    labels: tuple[str, ...] = ("negative", "positive"), weights: Mapping[str, float] = MappingProxyType({})
) -> Scorer:
    """Knows praise and blame, and what else is given, word by word; a third label gets nothing."""
    known = dict.fromkeys(PRAISE.split(), 1.0) | dict.fromkeys(BLAME.split(), -1.0) | dict(weights)
    keyed = sorted((ngram_key([word]), weight) for word, weight in known.items())
    outputs = 1 if len(labels) == 2 else len(labels)
    rows = [[weight] if outputs == 1 else [-weight, 0.0, weight] for _, weight in keyed]
    view = View(
        name="words",
        ngrams=(1, 1),
        tf="plain",
        norm="none",
        keys=[key for key, _ in keyed],
        weight=[1.0] * len(keyed),
        coef=[number for row in rows for number in row],
    )
    return Scorer(
        LinearModel(labels=labels, views=(view,), bias=[0.0] * outputs, link="sigmoid" if outputs == 1 else "softmax")
    )


def rates(scorer: Scorer) -> dict[str, float]:
    return {name: result.pass_rate for name, result in run_suite(scorer, EvaluateParams()).capabilities.items()}


def test_every_capability_has_different_cases_for_both_sides() -> None:
    for capability in suite():
        sides = Counter(template.side for template in capability.templates)
        assert sides["praise"] == sides["blame"] > 0, capability.name
        for template in capability.templates:
            assert len(template.cases) == len(set(template.cases)) >= 20, template.form
            for case in template.cases:
                assert case.text != case.variant
                assert bool(case.variant) is (capability.test != "MFT")
                assert not set("{}") & set(case.text + case.variant)


def test_the_suite_is_the_same_each_time() -> None:
    assert suite() == suite()


@pytest.mark.parametrize("labels", [("negative", "positive"), ("negative", "neutral", "positive")], ids=len)
def test_a_bag_of_words_knows_the_words_and_nothing_of_negation(labels: tuple[str, ...]) -> None:
    found = rates(model(labels))
    assert found["vocabulary"] == found["names"] == found["places"] == found["additions"] == 1.0
    assert found["negation"] == 0.0


def test_a_model_that_goes_by_negations_alone_fails_at_praise_behind_them() -> None:
    found = rates(model(weights=dict.fromkeys(NEGATIONS.split(), -3.0)))
    assert found["negation"] == pytest.approx(0.5)


def test_a_model_that_goes_by_a_name_is_caught() -> None:
    assert rates(model(weights={"amara": 9.0}))["names"] < 0.9
    assert rates(model(weights={"lagos": -9.0}))["places"] < 0.95
    assert rates(model(weights=dict.fromkeys(["very", "really", "truly", "utterly", "so"], -0.5)))["intensifiers"] < 0.9


def test_a_model_without_praise_or_blame_is_not_asked() -> None:
    found = run_suite(model(("bad", "good")), EvaluateParams())
    assert found.capabilities == {}
    assert "the model has no label 'positive' and no label 'negative' (its labels are bad, good)" in found.skipped
    assert "set evaluate.positive" in table(found)[0]
    assert found.report("sha256:1")["capabilities"] == {}
    assert found.templates == []


def test_params_name_which_labels_are_praise_and_blame() -> None:
    found = run_suite(model(("bad", "good")), EvaluateParams(positive="good", negative="bad"))
    assert found.capabilities["vocabulary"].pass_rate == 1.0


def test_the_report_counts_what_the_table_shows() -> None:
    behaviour: Behaviour = run_suite(model(), EvaluateParams())
    report = behaviour.report("sha256:1")
    assert (report["digest"], report["suite"], report["skipped"]) == ("sha256:1", 1, "")
    lines = table(behaviour)
    assert len(lines) == 1 + len(behaviour.capabilities)
    for name, result in behaviour.capabilities.items():
        assert report["capabilities"][name]["pass_rate"] == result.passed / result.cases
        assert len(result.failures) <= SHOWN_FAILURES
        assert (result.passed < result.cases) is bool(result.failures)


def test_a_typo_swaps_two_letters_inside_of_one_word() -> None:
    text = "The acting is good. I liked it."
    changed = misspelt(text)
    assert changed != text
    assert Counter(changed) == Counter(text)
    different = [(a, b) for a, b in zip(text.split(" "), changed.split(" "), strict=True) if a != b]
    [(before, after)] = different
    assert (before[0], before[-1]) == (after[0], after[-1])
    assert misspelt(text) == changed
