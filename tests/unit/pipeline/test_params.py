"""params.yaml: the file of this repository is right, and wrong ones are refused with the key and what was expected."""

import json
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from sentiment_pipeline.errors import ParamsError
from sentiment_pipeline.params import Params, load_params, schema

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


def test_values_become_values_of_their_types(tmp_path: Path) -> None:
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
        (("gate: {}", "gate: {min_acuracy: 0.9}"), "gate.min_acuracy is unknown; did you mean gate.min_accuracy\\?"),
        (("gate: {}", "gate: {colour: 1}"), "gate.colour is unknown; known are min_accuracy, max_drop"),
        (
            ("folds: 3", "folds: 3\n  test_shares: 0.1"),
            "train.test_shares is unknown; did you mean split.test_share\\?",
        ),
        (("train:", "trian:"), "trian is unknown; did you mean train\\?"),
        (("c: 1", "C: 1"), r"train.candidates\[0\].C is unknown; did you mean train.candidates\[0\].c\?"),
        (("gate: {}", "gate: {}\n3: 4"), "3 is unknown; known are data, prepare, split"),
        (("tracking: {}", ""), "tracking is missing"),
        (('source: "builtin:sample", ', ""), "data.source is missing"),
        (("folds: 3", "folds: three"), "train.folds must be an integer of at least 2, found 'three'"),
        (("folds: 3", "folds: true"), "train.folds must be an integer of at least 2, found True"),
        (("folds: 3", "folds: 1"), "train.folds must be an integer of at least 2, found 1"),
        (("[1, 1]", "[1, 2, 3]"), r"train.candidates\[0\].ngrams must be a list of 2 values, found \[1, 2, 3\]"),
        (("[1, 1]", "[2, 1]"), "shortest, longest"),
        (("c: 1", "c: 0"), r"train.candidates\[0\].c must be a number above 0, found 0"),
        (("texts: builtin", "texts: secret"), "golden.texts must be one of builtin, test, found 'secret'"),
        (("rows: 50", "rows: 5"), "golden.rows must be an integer of at least 20 and at most 2000, found 5"),
        (("rows: 50", "rows: 2001"), "golden.rows must be an integer of at least 20 and at most 2000, found 2001"),
        (("0.25", "1.0"), "split.test_share must be a number above 0 and below 1, found 1.0"),
        (
            ("    - {name: words, ngrams: [1, 1], c: 1}", "    []"),
            r"train.candidates must be a list with at least 1 item, found \[\]",
        ),
        (("gate: {}", "gate: {max_megabytes: 0}"), "gate.max_megabytes must be a number above 0, found 0"),
        (
            ("gate: {}", "gate: {behaviour: {negation: 80}}"),
            "gate.behaviour.negation must be a number of at least 0 and at most 1, found 80",
        ),
        (
            ("gate: {}", "gate: {behaviour: {negation: all}}"),
            "gate.behaviour.negation must be a number of at least 0 and at most 1, found 'all'",
        ),
        (
            ("gate: {}", "gate: {behaviour: {negation: .nan}}"),
            "gate.behaviour.negation must be a number of at least 0 and at most 1, found nan",
        ),
        (("prepare: {}", "prepare: []"), r"prepare must be a mapping, found \[\]"),
        (("data: {", "data: {{"), "is not YAML"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, change: tuple[str, str], sentence: str) -> None:
    assert change[0] in GOOD
    path = tmp_path / "params.yaml"
    path.write_text(GOOD.replace(*change, 1))
    with pytest.raises(ParamsError, match=sentence):
        load_params(path)


def test_the_values_in_the_file_are_the_defaults_of_the_types() -> None:
    content = YAML(typ="safe", pure=True).load(REPOSITORY / "params.yaml")
    params = load_params(REPOSITORY / "params.yaml")
    for section in msgspec.structs.fields(Params):
        for field in msgspec.structs.fields(section.type):
            if field.name in content[section.name] and field.default is not msgspec.NODEFAULT:
                assert getattr(getattr(params, section.name), field.name) == field.default, (
                    f"{section.name}.{field.name}"
                )


def test_the_file_names_every_key_but_those_of_a_recipe() -> None:
    content = YAML(typ="safe", pure=True).load(REPOSITORY / "params.yaml")
    for section in msgspec.structs.fields(Params):
        assert {field.name for field in msgspec.structs.fields(section.type)} == content[section.name].keys()


def test_the_schema_is_that_of_the_types() -> None:
    written = json.loads((REPOSITORY / "pipeline/params.schema.json").read_text())
    assert written == json.loads(json.dumps(schema())), "run `make params-schema`"


def test_the_schema_accepts_the_file_and_refuses_a_typo() -> None:
    first, rest = (REPOSITORY / "params.yaml").read_text().split("\n", 1)
    named = first.removeprefix("# yaml-language-server: $schema=")
    validator = Draft202012Validator(json.loads((REPOSITORY / named).read_text()))
    content = YAML(typ="safe", pure=True).load(rest)
    validator.validate(content)
    content["gate"]["min_acuracy"] = 0.9
    assert ["min_acuracy" in error.message for error in validator.iter_errors(content)] == [True]


def test_the_schema_describes_every_key() -> None:
    for name, section in schema()["$defs"].items():
        assert name == "Params" or all("description" in entry for entry in section["properties"].values()), name


def test_a_missing_file_names_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="run this in the folder that holds"):
        load_params(tmp_path / "params.yaml")
