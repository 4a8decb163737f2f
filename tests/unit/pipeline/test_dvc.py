"""dvc.yaml: each stage depends on the folders of all code that makes its results, and on no other code."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

REPOSITORY = Path(__file__).parents[3]

ROOTS = {"sentiment_pipeline": REPOSITORY / "pipeline", "sentiment_model": REPOSITORY / "model"}

STAGES = {
    "ingest": "sentiment_pipeline.data.ingestion.ingest",
    "prepare": "sentiment_pipeline.data.preparation.prepare",
    "data-report": "sentiment_pipeline.data.inspection.data_report",
    "train": "sentiment_pipeline.training.train",
    "evaluate": "sentiment_pipeline.evaluation.evaluate",
}

WITHOUT_RESULTS = {
    "cli",
    "errors",
    "failures",
    "params",
    "paths",
    "progress",
    "report",
    "text",
    "validation",
    "tracking",
}
"""The modules and the folder of sentiment_pipeline that dvc.yaml declares to carry no results."""


@cache
def stages() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(REPOSITORY / "dvc.yaml")["stages"]
    return found


def code_deps(stage: str) -> list[str]:
    return [dep for dep in stages()[stage]["deps"] if dep.startswith(("pipeline/", "model/"))]


@cache
def file_of(module: str) -> Path | None:
    """The file of a module or package of ours; None for any other name, such as that of a function."""
    package, *_ = module.split(".")
    if package not in ROOTS:
        return None
    path = ROOTS[package].joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def imported(file: Path) -> list[str]:
    """The names in the imports of a file, those inside functions too."""
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{file} imports relatively"
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


@cache
def closure(module: str) -> set[Path]:
    """The files that importing and running a module can execute; a package's `__init__` is among them."""
    waiting, found = [module], set[Path]()
    while waiting:
        name = waiting.pop()
        parent = name.rpartition(".")[0]
        if parent:
            waiting.append(parent)
        file = file_of(name)
        if file is not None and file not in found:
            found.add(file)
            waiting += imported(file)
    return found


@cache
def carries_no_result(file: Path) -> bool:
    """Whether a file is declared so, or holds nothing but a docstring."""
    pipeline = ROOTS["sentiment_pipeline"] / "sentiment_pipeline"
    if file.is_relative_to(pipeline) and file.relative_to(pipeline).parts[0].removesuffix(".py") in WITHOUT_RESULTS:
        return True
    return len(ast.parse(file.read_text()).body) <= 1 and file.name == "__init__.py"


def uncovered(stage: str, deps: list[str]) -> list[str]:
    """Files that the stage runs for its results and that are in none of the folders."""
    folders = [REPOSITORY / dep for dep in deps]
    return sorted(
        str(file.relative_to(REPOSITORY))
        for file in closure(STAGES[stage])
        if not carries_no_result(file) and not any(file.is_relative_to(folder) for folder in folders)
    )


def test_every_stage_is_known_here() -> None:
    assert stages().keys() == STAGES.keys()
    assert {name: stage["cmd"] for name, stage in stages().items()} == {
        name: f"python -m sentiment_pipeline {name}" for name in STAGES
    }


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_all_code_that_makes_its_results(stage: str) -> None:
    assert uncovered(stage, code_deps(stage)) == []


@pytest.mark.parametrize(("stage", "dep"), [(stage, dep) for stage in STAGES for dep in code_deps(stage)])
def test_a_stage_depends_on_no_code_that_it_does_not_run(stage: str, dep: str) -> None:
    assert (REPOSITORY / dep).is_dir()
    assert uncovered(stage, [other for other in code_deps(stage) if other != dep])


def test_mlflow_plumbing_reruns_no_stage() -> None:
    everything = {dep for stage in STAGES for dep in code_deps(stage)}
    for room in ("tracking", "release"):
        folder = REPOSITORY / "pipeline/sentiment_pipeline" / room
        assert folder.is_dir()
        assert not any(folder.is_relative_to(REPOSITORY / dep) for dep in everything), room
