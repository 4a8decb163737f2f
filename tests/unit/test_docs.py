"""Links, make targets and commands of the documents exist."""

import re
import shlex
from pathlib import Path

import pytest

from tests.documented import PAGES, PLACES, ROOT, blocks, languages

TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)")
CODE = re.compile(r"^ {4}[^\n]*$|^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^ {4}(.*)$", re.MULTILINE)
COMMAND = re.compile(
    r"(make|kubectl|python|pip|pipx|dvc|sentiment-pipeline|docker|aws|eksctl|curl|flask|export|eval|uv) "
)


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for path, anchor in LINK.findall(CODE.sub("", page.read_text())):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{path} is not there"
        if anchor:
            assert anchor in anchors(target), f"{path}#{anchor}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_is_there(page: Path) -> None:
    code = "\n".join(CODE.findall(page.read_text()))
    named = set(re.findall(r"(?:^|[\s`])make ([a-z][a-z0-9-]+)", code))
    assert named <= TARGETS, named - TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_names_where_it_runs(page: Path) -> None:
    """The tests of that place run it, unless it needs what no test has."""
    typed = {f"{language} {place}" for language in ("sh", "console", "python") for place in PLACES}
    assert languages(page) <= typed | {"json", "mermaid"}
    indented = [line for line in INDENTED.findall(FENCED.sub("", page.read_text())) if COMMAND.match(line)]
    assert not indented, "commands stand in a block of sh or console"


def test_what_is_done_by_hand_is_what_the_workflows_do() -> None:
    texts = [path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.yaml")]
    targets = {target for text in texts for target in re.findall(r"\bmake ([a-z-]+)", text)}
    for page in PAGES:
        for block in blocks(page, "workflow"):
            for line in filter(None, block.script.splitlines()):
                program, *words = shlex.split(line, comments=True)
                assert program in {"make", "export"}, line
                assert {word for word in words if "=" not in word} <= targets, f"{page.name}: {line}"


def test_every_test_that_a_page_names_exists() -> None:
    named = [one for page in PAGES for one in re.findall(r"(tests/[\w/]+\.py)::(\w+)", page.read_text())]
    assert len(named) > 20
    for path, name in named:
        assert re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE), f"{path}::{name}"
