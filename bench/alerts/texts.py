"""The texts of the requests: some like those of the training, and others."""

import json
from pathlib import Path

GIBBERISH = tuple(f"zqx{number} vrr{number * 7} wpt{number * 13} kkl{number * 29}" for number in range(50))
"""No model knows any n-gram of these."""


def held_out(workspace: Path) -> list[str]:
    """The texts of the small model's test set, from which its reference was made."""
    rows = (workspace / "data" / "prepared" / "test.jsonl").read_text().splitlines()
    return [json.loads(row)["text"] for row in rows]
