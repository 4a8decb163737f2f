"""`python -m docs.words [PATH...]`: report words that docs/words.toml lists, and hosts that packages come from."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "words.toml"
BETWEEN = r"[\s_#/*|\"'-]+"
"""What may stand between the words of a phrase: also the start of the next line of a comment."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A place that needs other words."""

    path: str
    line: int
    found: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.found!r}: write {self.instead}"


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """An exception: this pattern in these files; empty: any text, any file."""

    pattern: str = ""
    paths: Sequence[str] = ("*",)
    why: str

    def masked(self, path: str, text: str) -> str:
        """The text with what is allowed blanked out, its lines where they were."""
        if not any(fnmatch(path, one) for one in self.paths):
            return text
        return re.sub(self.pattern or r"\S", lambda match: re.sub(r"\S", " ", match[0]), text)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The content of docs/words.toml."""

    files: Sequence[str]
    instead: Mapping[str, str]
    allowed: Sequence[Allowed]
    hosts: Sequence[str]

    @classmethod
    def read(cls, path: Path = LIST) -> "Rules":
        """Read the list."""
        content = tomllib.loads(path.read_text())
        return cls(
            files=content["files"],
            instead=content["instead"],
            allowed=[Allowed(**one) for one in content["allowed"]],
            hosts=content["hosts"]["patterns"],
        )

    def findings(self, path: str, text: str) -> Iterator[Finding]:
        """Every banned word (where the file is one to check) and every host in `text`."""
        if any(fnmatch(path, one) for one in self.files):
            masked = text
            for one in self.allowed:
                masked = one.masked(path, masked)
            lowered = masked.lower()
            for words, instead in self.instead.items():
                if words.split()[0] not in lowered:
                    continue
                for match in pattern(words).finditer(masked):
                    yield Finding(path=path, line=_line(text, match), found=match[0], instead=instead)
        for host in self.hosts:
            for match in re.finditer(host, text):
                instead = "no host that packages come from: the machine's own settings name it"
                yield Finding(path=path, line=_line(text, match), found=match[0], instead=instead)


def pattern(words: str) -> re.Pattern[str]:
    """The expression for a word or phrase, also as a part of `snake_case`, `camelCase` and `CAPITALS`."""
    if " " in words:
        return re.compile(rf"(?<![A-Za-z]){BETWEEN.join(words.split())}(?![a-z])", re.IGNORECASE)
    lower = rf"(?<![A-Za-z]){words}(?![a-z])"
    title = rf"(?<![A-Z]){words.capitalize()}(?![a-z])"
    upper = rf"(?<![A-Za-z]){words.upper()}(?![A-Za-z])"
    return re.compile(f"{lower}|{title}|{upper}")


def tracked(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The tracked text files below `paths`, each with its text."""
    listed = ["git", "ls-files", "-z", "--", *paths]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, names):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        if b"\0" not in content:
            yield name, content.decode(errors="replace")


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


@click.command()
@click.argument("paths", nargs=-1)
def main(paths: tuple[str, ...]) -> None:
    """Check the tracked files below PATHS (from the root of the checkout), or all of them."""
    rules = Rules.read()
    found = [finding for path, text in tracked(paths) for finding in rules.findings(path, text)]
    for finding in found:
        print(finding)
    if found:
        sys.exit(f"words: {len(found)} to replace (docs/words.toml)")


if __name__ == "__main__":
    main(prog_name="python -m docs.words")
