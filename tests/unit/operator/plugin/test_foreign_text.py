"""What kubectl returns is printed without what controls a terminal, no matter who wrote it into the resource."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sentiment_operator.plugin import main
from tests.unit.operator.plugin.cases import case
from tests.unit.test_text import CASES, is_safe

HOSTILE = "".join(entry["text"] for entry in CASES if entry["name"] != "a lone surrogate")
TIME = "2026-05-04T11:00:00Z"


def safe(output: str) -> bool:
    return all(map(is_safe, output.split("\n")))


def resource() -> dict[str, Any]:
    found: dict[str, Any] = case("rejected")["resource"]
    found["spec"]["model"] = {"name": HOSTILE, "alias": HOSTILE}
    entry = {"version": HOSTILE, "outcome": "Succeeded", "reason": HOSTILE, "revision": HOSTILE, "digest": HOSTILE}
    found["status"]["history"] = [{**entry, "time": TIME}]
    found["status"]["desired"] = {"version": "14", "alias": HOSTILE, "digest": HOSTILE}
    found["status"]["podsReady"] = HOSTILE
    for condition in found["status"]["conditions"]:
        condition["message"] = HOSTILE
        if condition["type"] == "ModelVerified":
            condition["reason"] = HOSTILE
    return found


def run(folder: Path, *arguments: str, errors: str = "", body: Any = None) -> Result:
    """Run the plugin with a kubectl that prints `body` and `errors`; with the latter, it fails."""
    (folder / "out.json").write_text(json.dumps(resource() if body is None else body))
    (folder / "err.txt").write_bytes(errors.encode())
    pods = 'case "$*" in *" pods "*|*" events "*) echo \'{"items": []}\'; exit 0;; esac'
    script = f"#!/bin/sh\n{pods}\ncat {folder}/out.json\ncat {folder}/err.txt >&2\nexit {1 if errors else 0}\n"
    (folder / "kubectl").write_text(script)
    (folder / "kubectl").chmod(0o755)
    return CliRunner().invoke(main, [*arguments, "reviews"], env={"PATH": f"{folder}:/usr/bin:/bin"})


@pytest.mark.parametrize("command", ["status", "history", "rollback", "retry"])
def test_a_hostile_status_cannot_control_the_terminal(command: str, tmp_path: Path) -> None:
    done = run(tmp_path, command)
    assert done.exit_code == 0, done.output
    assert safe(done.output)


@pytest.mark.parametrize("command", ["rollback", "retry"])
def test_nor_can_a_refusal_that_quotes_it(command: str, tmp_path: Path) -> None:
    body = resource()
    body["status"]["history"] = []
    for condition in body["status"]["conditions"]:
        if condition["type"] == "Stalled":
            condition["reason"] = "Other"
    body["status"]["desired"]["version"] = HOSTILE
    done = run(tmp_path, command, body=body)
    assert done.exit_code == 1
    assert safe(done.output)


def test_nor_can_kubectls_own_message(tmp_path: Path) -> None:
    done = run(tmp_path, "status", errors=f"Error from server: denied\nby \x1b[2J\x9b31m\u202e\u2028policy{HOSTILE}\n")
    assert done.exit_code == 1
    assert "Error from server: denied\nby  [2J 31m" in done.output
    assert safe(done.output)
