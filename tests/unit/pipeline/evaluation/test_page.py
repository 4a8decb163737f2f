"""The page: one file that needs no other, and lists what needs attention."""

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest

from sentiment_pipeline.evaluation import figures
from sentiment_pipeline.evaluation.champion import ChampionComparison
from sentiment_pipeline.evaluation.page import Page, attention, learning_summary, render, top_by_label
from sentiment_pipeline.metrics.compare import compare
from sentiment_pipeline.metrics.learning_curve import Point
from tests.unit.pipeline.evaluation.test_evaluate import findings

CURVE = [Point(100, 0.80, 0.75, 0.85, 0.99), Point(200, 0.84, 0.80, 0.88, 0.98)]
DATA: dict[str, Any] = {
    "raw": {"rows": 600, "oddities": {"mojibake": 0, "html_tags": 3}, "duplicates": {"exact": 0, "normalised": 0}},
    **{
        name: {
            "rows": 300,
            "labels": {"negative": 150, "positive": 150},
            "imbalance": 1.0,
            "groups": 30,
            "words": {"p05": 10.0, "median": 50.0, "p95": 90.0},
            "duplicates": {"normalised": 0, "near": 0},
        }
        for name in ("train", "test")
    },
    "leakage": {"same_group": 0, "same_text": 0, "same_normalised": 0, "near_duplicate": 0, "share": 0.0},
}
NGRAMS = [
    {"label": label, "view": "words", "ngram": ngram, "weight": weight}
    for label, ngram, weight in (("negative", "<b>dull</b>", "2.0"), ("positive", "witty & warm", "4.0"))
]


@cache
def page(labels: int = 2) -> Page:
    return drawn(labels)


def drawn(labels: int = 2) -> Page:
    _, found = findings(labels)
    recipe = {"accuracy": 0.9, "accuracy_error": 0.01, "macro_f1": 0.9, "log_loss": 0.3, "ece": 0.02}
    return Page(
        digest="sha256:" + "0" * 64,
        trained={"winner": "pairs", "recipes": {"pairs": recipe}},
        found=found,
        curve=CURVE,
        ngrams=NGRAMS,
        data=None,
        figures={name: figures.svg(figure, name) for name, figure in figures.draw(found, CURVE).items()},
    )


class Elements(HTMLParser):
    """What the page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]


@pytest.mark.parametrize("labels", [2, 3])
def test_the_page_asks_for_no_other_file(labels: int) -> None:
    html = render(page(labels))
    elements = Elements(html)
    assert elements.tags.count("svg") == 4
    assert not {"script", "link", "img", "iframe"} & set(elements.tags)
    assert all(link.startswith("#") for link in elements.links)
    assert not re.search(r"@import|url\((?!#)", html)


def test_the_page_holds_no_text_of_a_review() -> None:
    reviews, _ = findings(2)
    html = render(page())
    assert not [review.id for review in reviews if review.text in html]


def test_what_comes_from_data_is_escaped() -> None:
    html = render(page())
    assert "&lt;b&gt;dull&lt;/b&gt;" in html
    assert "witty &amp; warm" in html
    assert "<b>dull" not in html


def test_the_page_names_a_missing_report() -> None:
    assert "sentiment-pipeline data-report" in render(page())
    assert "sentiment-pipeline data-report" not in render(replace(page(), data=DATA))


def test_figures_are_the_same_each_time_and_share_no_names() -> None:
    first, second = drawn().figures, drawn().figures
    assert first == second
    names = [name for drawing in first.values() for name in set(re.findall(r' id="([^"]+)"', drawing))]
    clip_paths = [name for name in names if re.fullmatch(r"p[0-9a-f]{10}", name)]
    assert len(clip_paths) == len(set(clip_paths)) > 0
    for drawing in first.values():
        # In a page of two lights no colour may be one of them.
        assert not re.findall(r"(?:fill|stroke): #[0-9a-f]{6}", drawing)


def test_pictures_are_the_same_each_time() -> None:
    _, found = findings(3)
    first, second = (
        {name: figures.png(figure) for name, figure in figures.draw(found, CURVE).items()} for _ in range(2)
    )
    assert first == second
    assert all(picture.startswith(b"\x89PNG") for picture in first.values())


def test_labels_may_be_long_and_of_any_letters() -> None:
    labels = ("$a_b$ & <c>", "x" * 100, "良い")
    figure = figures.confusion_figure({actual: dict.fromkeys(labels, 7) for actual in labels})
    assert figures.png(figure).startswith(b"\x89PNG")
    drawing = figures.svg(figure, "confusion")
    for shown in ("$a_b$ &amp; &lt;c&gt;", "x" * 23 + "…", "良い"):
        assert shown in drawing


def test_a_model_worse_than_the_champion_and_one_that_fails_a_test_deserve_a_second_look() -> None:
    found = page()
    actual = ["a"] * 100
    comparison = compare(actual, actual, ["a"] * 80 + ["b"] * 20)
    worse = replace(found.found, champion=ChampionComparison("3", "sha256:3", comparison, "-20 points"))
    sentences = attention(replace(found, found=worse))
    assert sentences[0] == "It is less accurate than the champion, and not by chance."
    assert any("behavioural tests of: negation" in sentence for sentence in sentences)
    assert "-20 points" in render(replace(found, found=worse))


@pytest.mark.parametrize(
    ("section", "values", "sentence"),
    [
        ("leakage", {"share": 0.125}, "12.5 % of the held-out reviews also occur in training"),
        ("train", {"imbalance": 4.5}, "The most frequent label is 4.5 times as frequent"),
        ("raw", {"oddities": {"mojibake": 7}}, "7 raw texts look wrongly decoded"),
    ],
)
def test_data_that_deserves_a_second_look_is_named(section: str, values: dict[str, object], sentence: str) -> None:
    plain, odd = replace(page(), data=DATA), replace(page(), data={**DATA, section: DATA[section] | values})
    assert not any(found.startswith(sentence) for found in attention(plain))
    assert any(found.startswith(sentence) for found in attention(odd))


def test_the_learning_curve_shows_whether_more_reviews_would_help() -> None:
    assert learning_summary(CURVE).startswith("From 100 to 200 reviews: +4.0 points, so more reviews would help.")
    flat = [CURVE[1], replace(CURVE[1], rows=400)]
    assert "would help little" in learning_summary(flat)
    assert learning_summary(CURVE[:1]) == "There are too few reviews for a curve."


def test_ngrams_are_shown_by_their_share_of_the_largest() -> None:
    assert top_by_label(NGRAMS) == {"words": {"negative": [("<b>dull</b>", 0.5)], "positive": [("witty & warm", 1.0)]}}
