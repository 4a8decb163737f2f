"""`python -m tests.e2e [PYTEST ARGUMENTS]`: prepare the cluster, then run the end-to-end tests on it.

Most run in parallel, the tests of one file in order. Tests marked `operator_killed` follow, also in parallel: each
kills the operator during the others' rollouts, which must end the same way. Tests marked `disruptive` disturb what the
others need (MLflow, the API server, the machine's network): they run last, one by one.
"""

import subprocess
import sys
from collections.abc import Sequence

import pytest

from delivery.cluster import ROOT
from lab import client
from testbed.prepare import prepare

WORKERS = 4
"""More than there are cores: the tests mostly wait for the cluster."""
SIDE_BY_SIDE = ("-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder")
PASSED = {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}


def main(arguments: Sequence[str]) -> int:
    """Run the tests; a lab that was not up before is taken down at the end.

    Returns:
        pytest's exit code: that of the first run that failed, or NO_TESTS_COLLECTED if no run had tests.
    """
    was_up = client.is_up()
    try:
        prepare()
        codes = [
            _pytest("-m", "not (operator_killed or disruptive)", *SIDE_BY_SIDE, *arguments),
            _pytest("-m", "operator_killed", *SIDE_BY_SIDE, *arguments),
            _pytest("-m", "disruptive", *arguments),
        ]
    finally:
        if not was_up:
            client.run("down")
    failed = [code for code in codes if code not in PASSED]
    return (failed or sorted(codes))[0]


def _pytest(*arguments: str) -> int:
    command = [sys.executable, "-m", "pytest", "-v", "--durations=10", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["tests/e2e"]))
