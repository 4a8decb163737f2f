"""A lab recognises its own processes and no others."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import process
from lab.process import Identity
from lab.wait import until

SLEEP = [sys.executable, "-c", "import signal; signal.pause()"]


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    process.kill_marked(tmp_path)


def spawn(mark: Path, name: str = "one", argv: list[str] = SLEEP) -> Identity:
    return process.spawn(
        name,
        argv,
        mark=mark,
        records=mark / "processes",
        log=mark / "log" / f"{name}.log",
        environment={"GIVEN": "yes"},
    )


def test_start_time_is_read_past_a_name_with_parentheses_and_spaces() -> None:
    fields = "S 1 42 42 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 1 0 987654 1000 50"
    assert process.parse_stat(f"42 (a) b (c)) {fields}\n") == ("S", 987654)


def test_number_used_again_is_another_process() -> None:
    me = Identity.of(os.getpid())
    assert me is not None
    assert me.alive()
    assert not Identity(me.pid, me.started_ticks - 1, me.boot).alive()
    assert not Identity(me.pid, me.started_ticks, "another boot").alive()


def test_process_that_only_got_the_number_is_never_signalled(mark: Path) -> None:
    real = spawn(mark)
    Identity(real.pid, real.started_ticks - 1, real.boot).signal_group(signal.SIGKILL)
    assert real.alive()


def test_started_process_is_recorded_marked_and_logged(mark: Path) -> None:
    program = [sys.executable, "-c", "import os, signal; print(os.environ['GIVEN'], flush=True); signal.pause()"]
    identity = spawn(mark, argv=program)
    log = mark / "log" / "one.log"
    until("the greeting", lambda: log.read_text() == "yes\n", seconds=10)
    assert process.recorded(mark / "processes", "one") == identity
    assert list(process.marked(mark)) == [identity]


def test_ended_process_is_not_recorded_any_more(mark: Path) -> None:
    process.end(spawn(mark))
    assert process.recorded(mark / "processes", "one") is None
    assert process.recorded(mark / "processes", "never-started") is None


def test_process_that_ignores_sigterm_is_killed(mark: Path) -> None:
    stubborn = [
        sys.executable,
        "-c",
        "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True); signal.pause()",
    ]
    identity = spawn(mark, argv=stubborn)
    until("it being ready", lambda: (mark / "log" / "one.log").read_text() == "1\n", seconds=10)
    process.end(identity, grace_seconds=0.2)
    assert not identity.alive()


def test_unrecorded_grandchild_is_found_by_its_mark(mark: Path) -> None:
    fork = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])"
    spawn(mark, argv=[sys.executable, "-c", fork])
    until("the orphan", lambda: len(list(process.marked(mark))) == 1, seconds=10)
    process.kill_marked(mark)
    assert list(process.marked(mark)) == []


def test_processes_of_another_lab_are_left_alone(mark: Path) -> None:
    other = mark / "other"
    other.mkdir()
    theirs = spawn(other)
    process.kill_marked(mark)
    assert theirs.alive()
    process.kill_marked(other)


def test_foreign_process_is_never_marked(mark: Path) -> None:
    with subprocess.Popen(SLEEP, env={**os.environ, "OTHER": f"{process.MARK}={mark}"}) as foreign:
        assert list(process.marked(mark)) == []
        foreign.kill()
