"""params.yaml: the file of this repository is right, and wrong ones are refused with the key and what was expected."""

from pathlib import Path

import pytest

from sentiment_pipeline.errors import ParamsError
from sentiment_pipeline.params import load_params

REPOSITORY = Path(__file__).parents[3]

GOOD = """
data: {source: "builtin:sample", labels: {0: negative, 1: positive}}
prepare: {}
split: {test_share: 0.25}
train:
  folds: 3
  candidates:
    - {name: words, ngrams: [1, 1], c: 1}
golden: {rows: 50, texts: builtin}
gate: {}
tracking: {}
"""


def test_the_file_of_this_repository_is_right() -> None:
    params = load_params(REPOSITORY / "params.yaml")
    assert params.data.source == "builtin:sample"
    assert len({candidate.name for candidate in params.train.candidates}) >= 3


def test_values_become_what_their_types_say(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(GOOD)
    params = load_params(path)
    assert params.data.labels == {"0": "negative", "1": "positive"}
    assert params.train.candidates[0].ngrams == (1, 1)
    assert params.train.candidates[0].c == 1.0
    assert params.gate.max_drop == 0.01


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("gate: {}", "gate: {min_acuracy: 0.9}"), "gate.min_acuracy is unknown; known are min_accuracy, max_drop"),
        (("tracking: {}", ""), "tracking is missing"),
        (('source: "builtin:sample", ', ""), "data.source is missing"),
        (("folds: 3", "folds: three"), "train.folds must be a value of type int, found 'three'"),
        (("folds: 3", "folds: true"), "train.folds must be a value of type int, found True"),
        (("folds: 3", "folds: 1"), "train.folds must be at least 2"),
        (("[1, 1]", "[1, 2, 3]"), r"train.candidates\[0\].ngrams must be 2 values"),
        (("[1, 1]", "[2, 1]"), "shortest, longest"),
        (("c: 1", "c: 0"), "c must be positive"),
        (("texts: builtin", "texts: secret"), "golden.texts must be one of test, builtin, found 'secret'"),
        (("rows: 50", "rows: 5"), "golden.rows must be at least 20"),
        (("rows: 50", "rows: 2001"), "golden.rows must be at most 2000"),
        (("0.25", "1.0"), "split.test_share must lie between 0 and 1"),
        (("    - {name: words, ngrams: [1, 1], c: 1}", "    []"), "at least one recipe"),
        (("gate: {}", "gate: {max_megabytes: 0}"), "gate.max_megabytes must be positive"),
        (("gate: {}", "gate: {behaviour: {negation: 80}}"), "gate.behaviour holds shares between 0 and 1"),
        (("gate: {}", "gate: {behaviour: {negation: all}}"), "gate.behaviour.negation must be a value of type float"),
        (("prepare: {}", "prepare: []"), "prepare must be a mapping"),
        (("data: {", "data: {{"), "is not YAML"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, change: tuple[str, str], sentence: str) -> None:
    assert change[0] in GOOD
    path = tmp_path / "params.yaml"
    path.write_text(GOOD.replace(*change, 1))
    with pytest.raises(ParamsError, match=sentence):
        load_params(path)


def test_a_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="run this in the folder that holds"):
        load_params(tmp_path / "params.yaml")
