"""The promises of the repository's layout."""

import operator
import re
import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 300
"""Of a module that people read."""
GENERATED = {Path("model/sentiment_model/unicode_tables.py")}


def tracked(*patterns: str) -> list[Path]:
    """Tracked files, relative to the root."""
    listed = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, check=True)
    return [Path(name) for name in filter(None, listed.stdout.decode().split("\0"))]


def test_operator_is_the_standard_librarys() -> None:
    assert Path(operator.__file__).parent == Path(sysconfig.get_path("stdlib"))


def test_source_roots_hold_packages_only() -> None:
    for root in ("operator", "pipeline", "serving", "model"):
        assert not list((ROOT / root).glob("*.py")), f"{root}/ is a source root: put modules into its package"


def test_every_test_folder_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [str(f.relative_to(ROOT)) for f in sorted(folders) if not (f / "__init__.py").is_file()] == []


def test_requirements_name_no_download_host() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in path.read_text(), f"{path.name} must not record where packages come from"


def test_every_top_level_folder_is_in_the_architecture() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    folders = {path.parts[0] for path in tracked() if len(path.parts) > 1}
    ours = {folder for folder in folders if not folder.startswith(".") or folder == ".github"}
    described = set(re.findall(r"^\| `([\w.]+)(?:/\w+)?` \|", page, re.MULTILINE))
    assert ours - described == set(), "describe these folders in docs/architecture.md"


def test_every_path_in_the_architecture_exists() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    named = re.findall(r"^\| `([\w./]+)` \|", page, re.MULTILINE)
    inside = dict(re.findall(r"^\| in `([\w./]+)` \|.*\n\|---\|---\|\n((?:\|.*\n)+)", page, re.MULTILINE))
    rooms = [f"{package}/{room}" for package, rows in inside.items() for room in _in_first_cells(rows)]
    assert len(inside) == 3
    paths = [ROOT / path for path in (*named[: named.index(".github") + 1], *rooms)]
    assert [str(path) for path in paths if not (path.exists() or path.with_suffix(".py").exists())] == []


def _in_first_cells(rows: str) -> list[str]:
    return [name for row in rows.splitlines() for name in re.findall(r"`([\w/]+)`", row.split("|")[1])]


def test_a_module_is_short_enough_to_read() -> None:
    modules = [path for path in tracked("*.py", "*.rs") if path.parts[0] != "tests" and path not in GENERATED]
    lengths = {str(path): len((ROOT / path).read_text().splitlines()) for path in modules}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
