"""The page at `/` in a real browser: by keyboard alone, in both themes, and with nothing from elsewhere.

PAGE_SCREENSHOTS names a folder to keep a picture of each theme in.
"""

import os
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.waiting import eventually
from tests.integration.serving.browser import Page, browsing
from tests.integration.serving.process import Server, serving
from tests.unit.serving.tiny_model import write_version

pytestmark = pytest.mark.integration

MINUS = "\N{MINUS SIGN}"
TEXT = "A GOOD story.<br />The end is not good, <b>awful</b> even; great music. Ça va 👍"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that all tests here share."""
    folder = tmp_path_factory.mktemp("model")
    write_version(folder)
    with serving(folder, "14", env={"MAX_TEXT_CHARS": "500"}) as server:
        yield server


@pytest.fixture
def page(server: Server, tmp_path: Path) -> Iterator[Page]:
    """The page, loaded."""
    with browsing(tmp_path / "profile") as page:
        page.open(server.url)
        eventually(lambda: "version 14" in page.run("document.getElementById('model').textContent"), "the model's name")
        yield page


def text_of(page: Page, element: str) -> str:
    found: str = page.run(f"document.getElementById('{element}').textContent")
    return found


def ask(page: Page, text: str) -> None:
    """Write over what is there, and ask."""
    page.run("document.getElementById('text').select()")
    page.write(text)
    page.press("Enter", control=True)
    eventually(
        lambda: page.run("!document.getElementById('answer').hidden || !document.getElementById('problem').hidden"),
        "an answer",
    )


def test_by_keyboard_alone_one_gets_a_prediction(page: Page) -> None:
    assert page.run("document.activeElement.id") == "text"
    page.run("document.getElementById('text').select()")
    page.write("A good story")
    page.press("Tab")
    assert page.run("document.activeElement.textContent") == "Predict"
    page.press("Enter")
    eventually(lambda: text_of(page, "label") == "positive", "the label")
    assert re.search(r"negative.*%.*positive.*%", text_of(page, "probabilities"))
    assert re.search(r"Model reviews, version 14, sha256:[0-9a-f]{64}", text_of(page, "model"))


def test_words_are_marked_by_what_they_add(page: Page) -> None:
    ask(page, TEXT)
    assert text_of(page, "words") == TEXT
    marks = page.run("Array.from(document.querySelectorAll('mark'), (mark) => [mark.textContent, mark.className])")
    assert ["GOOD", "toward"] in marks
    assert ["great", "toward"] in marks
    assert ["awful", "against"] in marks
    assert ["not", "against"] in marks
    assert not [word for word, _ in marks if word in ("The", "music", "br", "👍")]
    assert "not good" in text_of(page, "parts")


def test_the_margin_is_the_sum_of_what_is_shown(page: Page) -> None:
    ask(page, TEXT)
    number = rf"([+{MINUS}]\d+\.\d+)"
    shown = re.search(f"add {number}, the bias {number}: a margin of {number}", text_of(page, "sum"))
    assert shown
    rest, bias, margin = map(signed, shown.groups())
    shown = page.run("Array.from(document.querySelectorAll('#parts td:last-child'), (cell) => cell.textContent)")
    assert sum(map(signed, shown)) + rest + bias == pytest.approx(margin, abs=0.01)


def test_a_refusal_is_shown_as_its_sentence(page: Page) -> None:
    ask(page, "x" * 501)
    assert "at most 500 characters" in text_of(page, "problem")
    assert page.run("document.getElementById('answer').hidden")
    ask(page, "good")
    eventually(lambda: page.run("document.getElementById('problem').hidden"), "the next answer")


def test_a_text_stays_a_text(page: Page) -> None:
    ask(page, "<img src=x onerror=\"document.title='zebra'\"> good <script>document.title='zebra'</script>")
    assert page.run("document.querySelectorAll('#answer img, #answer script').length") == 0
    assert page.run("document.title") == "Sentiment model"


def test_both_themes_can_be_read(page: Page) -> None:
    ask(page, TEXT)
    for scheme in ("light", "dark"):
        page.prefer(scheme)
        ink, paper = colours(page, "body")
        assert contrast(ink, paper) >= 7.0, scheme
        quiet = page.run("getComputedStyle(document.getElementById('model')).color")
        assert contrast(quiet, paper) >= 4.5, scheme
        assert contrast(*colours(page, "button")) >= 4.5, scheme
        if folder := os.environ.get("PAGE_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            (Path(folder) / f"{scheme}.png").write_bytes(page.screenshot())


def test_nothing_comes_from_elsewhere_and_nothing_is_blocked(page: Page, server: Server) -> None:
    ask(page, TEXT)
    loaded = page.run("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert sorted({url.removeprefix(server.url) for url in loaded}) == ["/explain", "/version"]
    assert page.complaints == []
    with urllib.request.urlopen(server.url) as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def signed(number: str) -> float:
    """What the page writes with a real minus sign."""
    return float(number.replace(MINUS, "-"))


def colours(page: Page, element: str) -> tuple[str, str]:
    """Of what is written and of what it is written on."""
    style = f"getComputedStyle(document.querySelector('{element}'))"
    return page.run(f"{style}.color"), page.run(f"{style}.backgroundColor")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two CSS colours (https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio)."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
