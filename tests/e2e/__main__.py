"""`python -m tests.e2e [PYTEST ARGUMENTS]`: prepare the cluster, then run the end-to-end tests on it.

Most run side by side, the tests of one file in their order. Those marked `operator_killed` follow, side by side too:
each kills the operator under the others' rollouts, which come to the same end. Those marked `disruptive` disturb what
the others stand on (MLflow, the API server, the operator): they run one by one, after the others; where all tests are
asked for, meanwhile and on a lab of their own.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import IO

import pytest

from delivery.cluster import ROOT
from tests.e2e.environment import lab, lab_is_up
from tests.e2e.prepare import prepare

WORKERS = 4
"""More than there are cores: the tests mostly wait for the cluster."""
SIDE_BY_SIDE = ("-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder")
TOGETHER = (
    ("-m", "not (operator_killed or disruptive)", *SIDE_BY_SIDE),
    ("-m", "operator_killed", *SIDE_BY_SIDE),
)
ALONE = (("-m", "disruptive"),)
PASSED = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
ALL = ["tests/e2e"]
ONLY_ALONE = "--alone"
OTHER_LAB = {
    "LAB_NAME": "alone",
    "LAB_STATE": str(ROOT / "build" / "lab-alone"),
    "LAB_BRIDGE_SUBNET": "10.89.0.0/24",
    "LAB_POD_CIDR": "10.243.0.0/16",
    "LAB_SERVICE_CIDR": "10.97.0.0/16",
}


def main(arguments: Sequence[str]) -> int:
    """Run the tests.

    Returns:
        pytest's exit code: of the first run that failed, or of tests that are not there.
    """
    runs, chosen = (ALONE, ALL) if arguments == [ONLY_ALONE] else (TOGETHER + ALONE, arguments)
    with _lab_of_the_tests():
        if chosen:
            codes = [_pytest(*run, *chosen) for run in runs]
        else:
            with _alone_on_another_lab() as alone:
                codes = [_pytest(*run, *ALL) for run in TOGETHER]
                codes.append(alone.wait())
    failed = [code for code in codes if code not in PASSED]
    return (failed or sorted(codes))[0]


@contextmanager
def _lab_of_the_tests() -> Iterator[None]:
    """Prepared; one that was not up before is taken down at the end."""
    was_up = lab_is_up()
    try:
        prepare()
        yield
    finally:
        if not was_up:
            lab("down")


@contextmanager
def _alone_on_another_lab() -> Iterator["subprocess.Popen[str]"]:
    """A process with those that run alone; what it says is shown line by line."""
    command = [sys.executable, "-m", "tests.e2e", ONLY_ALONE]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **OTHER_LAB},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        shown = Thread(target=_show, args=(process.stdout,))
        shown.start()
        try:
            yield process
        finally:
            if process.poll() is None:
                # As Ctrl-C: it takes its lab down.
                process.send_signal(signal.SIGINT)
            shown.join()


def _show(lines: IO[str]) -> None:
    for line in lines:
        print(f"alone: {line}", end="", flush=True)


def _pytest(*arguments: str) -> int:
    command = [sys.executable, "-m", "pytest", "-v", "--durations=10", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
