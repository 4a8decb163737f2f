"""The mirror that a machine uses, in both formats of apt's sources."""

from pathlib import Path

import pytest

from lab.host import apt_sources


@pytest.mark.parametrize(
    ("line", "uris"),
    [
        ("deb http://mirror.example/debian bookworm main", ["http://mirror.example/debian"]),
        ("deb [arch=amd64 signed-by=/usr/share/k.gpg] https://m.example/debian/ trixie main", ["https://m.example/debian/"]),
        ("deb-src http://mirror.example/debian bookworm main", []),
        ("# deb http://mirror.example/debian bookworm main", []),
        ("deb", []),
        ("", []),
    ],
)  # fmt: skip
def test_one_line_format(line: str, uris: list[str]) -> None:
    assert list(apt_sources.one_line_uris(line)) == uris


DEB822 = """\
Types: deb deb-src
# a comment
URIs: http://one.example/debian
 http://two.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
"""


def test_deb822_format_gives_enabled_binary_stanzas() -> None:
    assert list(apt_sources.deb822_uris(DEB822)) == ["http://one.example/debian", "http://two.example/debian"]


def test_third_parties_and_security_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "a.list").write_text("deb https://packages.example/tool stable main\n")
    (tmp_path / "sources.list.d" / "b.sources").write_text(
        "Types: deb\nURIs: http://m.example/debian-security\n\nTypes: deb\nURIs: http://m.example/debian/\n"
    )
    (tmp_path / "sources.list.d" / "c.list.disabled").write_text("deb http://no.example/debian sid main\n")
    assert apt_sources.mirror(tmp_path) == "http://m.example/debian"


def test_machine_without_debian_sources_leaves_the_mirror_to_debootstrap(tmp_path: Path) -> None:
    (tmp_path / "sources.list").write_text("deb http://archive.ubuntu.example/ubuntu noble main\n")
    assert apt_sources.mirror(tmp_path) is None
