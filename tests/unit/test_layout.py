"""What the layout promises, so that a new folder cannot break it unnoticed."""

import operator
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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
