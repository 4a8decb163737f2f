"""Running a program until it ends."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.errors import LabError


def run(
    argv: Sequence[str | Path],
    *,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Wait for a program to end and return its standard output.

    Raises:
        LabError: the program is missing or failed; the message quotes the last lines that it wrote.
    """
    result = _complete(argv, stdin, environment, cwd)
    if result.returncode != 0:
        quoted = (result.stderr.strip() or result.stdout.strip()).splitlines()[-15:]
        shown = " ".join(str(a) for a in argv[:6])
        raise LabError(f"`{shown}` ended with {result.returncode}:\n" + "\n".join(f"  {line}" for line in quoted))
    return result.stdout


def succeeds(argv: Sequence[str | Path]) -> bool:
    """Whether the program ends with 0; what it writes is dropped."""
    return _complete(argv, None, None, None).returncode == 0


def _complete(
    argv: Sequence[str | Path], stdin: str | None, environment: Mapping[str, str] | None, cwd: Path | None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [str(a) for a in argv],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            cwd=cwd,
        )
    except FileNotFoundError as err:
        raise LabError(
            f"the program {argv[0]} is not installed; `python -m lab prepare` installs what is missing"
        ) from err
