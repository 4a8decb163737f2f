"""Build results: complete or absent, shared by all checkouts with the same content."""

import multiprocessing
import shutil
from pathlib import Path

import pytest

from lab.build import store
from lab.build.programs import Recipe


def make(folder: Path) -> None:
    (folder / "made").write_text("yes")


def test_made_once_then_kept(tmp_path: Path) -> None:
    first = store.keep(tmp_path, "thing", "k1", make)
    again = store.keep(tmp_path, "thing", "k1", lambda folder: pytest.fail("made twice"))
    assert first == again == store.kept(tmp_path, "thing", "k1")
    assert (first / "made").read_text() == "yes"


def test_interrupted_making_leaves_no_result(tmp_path: Path) -> None:
    def interrupted(folder: Path) -> None:
        make(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.keep(tmp_path, "thing", "k1", interrupted)
    assert store.kept(tmp_path, "thing", "k1") is None
    assert list((tmp_path / "lab").iterdir()) == []


def test_draft_of_a_killed_process_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / "lab" / ".thing-abc").mkdir(parents=True)
    store.keep(tmp_path, "thing", "k1", make)
    assert [p.name for p in (tmp_path / "lab").iterdir()] == ["thing-k1"]


def _make_and_count(cache: Path) -> None:
    def counted(folder: Path) -> None:
        make(folder)
        with (cache / "count").open("a") as file:
            file.write("x")

    store.keep(cache, "thing", "k1", counted)


def test_two_processes_make_it_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_make_and_count, args=(tmp_path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert (tmp_path / "count").read_text() == "x"


def test_key_depends_on_where_one_part_ends() -> None:
    assert store.content_key(["ab", "c"]) != store.content_key(["a", "bc"])


def _recipe(module: Path, flags: tuple[str, ...] = ()) -> Recipe:
    return Recipe(name="x", title="building x", module=module, flags=flags)


def test_second_checkout_has_the_same_key_and_builds_nothing(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    (one / "main.go").write_text("package main")
    shutil.copytree(one, two)
    assert _recipe(one).key == _recipe(two).key


def test_changed_source_or_flag_has_another_key(tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text("package main")
    before = _recipe(tmp_path).key
    assert _recipe(tmp_path, ("-tags=a",)).key != before
    (tmp_path / "main.go").write_text("package main // changed")
    assert _recipe(tmp_path).key != before
