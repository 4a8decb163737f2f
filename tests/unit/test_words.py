"""The list of words in docs/words.toml: found as prose and within names, not where they are contracts."""

import re

import pytest

from docs.words import Finding, Rules

RULES = Rules.read()


def found(text: str, *, path: str = "operator/module.py") -> list[str]:
    return [finding.found for finding in RULES.findings(path, text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# The log says why.", ["says"]),
        ("def who_says(): ...", ["says"]),
        ("class ModelSaid: ...", ["Said"]),
        ("WHAT_IT_TOLD = 1", ["TOLD"]),
        ("its own way back", ["way back"]),
        ("# the way\n# back", ["way\n# back"]),
        ("`Whoever` asks", ["Whoever"]),
        ("essay, foretell, prejudge and intelligent are other words", []),
        ("the judged-key, judged_key and judgedKey", []),
    ],
)
def test_a_word_is_found_in_prose_and_in_names(text: str, words: list[str]) -> None:
    assert found(text) == words


def test_a_finding_names_place_and_replacement() -> None:
    (finding,) = RULES.findings("docs/page.md", "one\ntwo lest three\n")
    assert finding == Finding(path="docs/page.md", line=2, found="lest", instead=RULES.instead["lest"])
    assert str(finding).startswith("docs/page.md:2: 'lest': write unless")


def test_data_is_not_prose() -> None:
    assert found("it says", path="docs/bench-model.json") == []


@pytest.mark.parametrize("host", RULES.hosts)
def test_hosts_that_packages_come_from_are_found_in_any_file(host: str) -> None:
    example = re.sub(r"\\b|\\", "", host)
    example = re.sub(r"\(([^|)]*)[^)]*\)", r"\1", example).replace("s?", "s").replace("[a-z0-9-]+", "somewhere")
    assert found(f"url = 'https://{example}/simple'", path="some/file.json")


def test_each_exception_says_why() -> None:
    assert all(one.why for one in RULES.allowed)
