"""The crates of the Rust core: what is pinned is what cargo resolves, what it accepts, and what was compiled.

The tests that run cargo use the crates that `make setup` has downloaded, and no network.
"""

import json
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from delivery.cluster import ROOT
from requirements import crates, sbom

REGISTRY = "registry+https://example.org/index"
PINNED = {one["name"]: one for one in tomllib.loads(crates.TABLE.read_text())["package"] if "checksum" in one}

needs_cargo = pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo is not installed")


def test_every_crate_has_a_checksum_and_no_registry() -> None:
    packages = tomllib.loads(crates.TABLE.read_text())["package"]
    assert [one["name"] for one in packages if "checksum" not in one] == ["sentiment-native"]
    assert all(len(one["checksum"]) == 64 for one in PINNED.values())
    assert "source" not in crates.TABLE.read_text()


def test_the_direct_dependencies_are_pinned_at_their_exact_versions() -> None:
    declared = tomllib.loads((crates.NATIVE / "Cargo.toml").read_text())["dependencies"]
    for name, value in declared.items():
        wanted = value if isinstance(value, str) else value["version"]
        assert wanted == f"={PINNED[name]['version']}"


def test_a_table_becomes_the_lock_that_it_was_made_from() -> None:
    lock = crates.lock_of(crates.TABLE.read_text(), REGISTRY)
    assert lock.count(f'source = "{REGISTRY}"\nchecksum') == len(PINNED)
    assert crates.table_of(f"# by cargo\n# not for editing\n{lock}", REGISTRY) == crates.TABLE.read_text()


def test_a_crate_from_a_repository_is_not_pinned() -> None:
    lock = '[[package]]\nname = "a"\nversion = "1"\nsource = "git+https://example.org/a"\n'
    with pytest.raises(ValueError, match=r"git\+https"):
        crates.table_of(lock, REGISTRY)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of model/native, with the lock of the table."""
    for name in ("Cargo.toml", "src"):
        source = crates.NATIVE / name
        shutil.copytree(source, tmp_path / name) if source.is_dir() else shutil.copy(source, tmp_path / name)
    (tmp_path / "Cargo.lock").write_text(crates.lock_of(crates.TABLE.read_text(), crates.registry_of(crates.NATIVE)))
    return tmp_path


def resolve(package: Path) -> subprocess.CompletedProcess[str]:
    """What cargo would build, as the build runs it: without changing the lock."""
    command = ["cargo", "metadata", "--locked", "--offline", "--format-version=1"]
    return subprocess.run(command, cwd=package, capture_output=True, text=True, check=False)


@needs_cargo
def test_the_resolved_graph_is_the_pinned_one(package: Path) -> None:
    done = resolve(package)
    assert done.returncode == 0, done.stderr
    resolved = {one["name"]: one["version"] for one in json.loads(done.stdout)["packages"]}
    assert resolved.pop("sentiment-native")
    assert resolved == {name: one["version"] for name, one in PINNED.items()}


@needs_cargo
@pytest.mark.parametrize(
    "tampered",
    [
        lambda lock: lock.replace(PINNED["rayon"]["checksum"], "0" * 64),
        lambda lock: lock.replace(f'"{PINNED["rayon-core"]["version"]}"', '"0.0.1"'),
        lambda lock: lock.replace(' "either",\n', ""),
    ],
    ids=["another checksum", "another version", "a crate less"],
)
def test_cargo_builds_nothing_else(package: Path, tampered: Callable[[str], str]) -> None:
    lock = package / "Cargo.lock"
    before = lock.read_text()
    lock.write_text(tampered(before))
    assert lock.read_text() != before
    assert resolve(package).returncode != 0


def test_each_build_and_the_audit_use_the_pinned_crates() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert makefile.count("maturin build") == makefile.count("maturin build --locked") == 1
    assert makefile.count("requirements.crates lock") == 2
    # Only the update of the table may resolve anew.
    assert makefile.count("cargo generate-lockfile") == 1
    assert "cargo-audit audit" in makefile.partition("requirements.crates lock\n\t@cd model/native")[2].splitlines()[0]


def test_the_wheel_holds_the_pinned_crates_and_the_bill_of_materials_names_them() -> None:
    """As they were compiled: maturin writes the list into the wheel."""
    try:
        wheel = distribution("sentiment-native")
    except PackageNotFoundError:
        pytest.skip("the core in Rust is not installed")
    built = {
        one["name"]: (one["version"], one["hashes"][0]["content"])
        for one in sbom.document("image", [wheel])["components"]
        if one["purl"].startswith("pkg:cargo/")
    }
    assert built == {name: (one["version"], one["checksum"]) for name, one in PINNED.items()}
