"""Names of registered models and aliases: what MLflow's server accepts, and what our own rules accept."""

import json
from pathlib import Path
from typing import Any

_ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "model_names.json").read_text())

NAMES: dict[str, bool] = {row["name"]: row["mlflow"] for row in _ROWS if row["mlflow"] is not None}
"""Whether MLflow accepts the name; without names on which its databases disagree."""

ALLOWED: dict[str, bool] = {row["name"]: row["allowed"] for row in _ROWS}
"""Whether we accept it: what MLflow accepts, without control characters."""

CASES: dict[str, str] = {row["name"]: row["case"] for row in _ROWS}
"""What is special about the name."""

GOOD_NAMES = [name for name, allowed in ALLOWED.items() if allowed]
BAD_NAMES = [name for name, allowed in ALLOWED.items() if not allowed]

ALIASES: dict[str, bool] = {
    "champion": True,
    "a-b_c": True,
    "-": True,
    "9": True,
    "v": True,
    "v1a": True,
    "Head": True,
    "a" * 255: True,
    "": False,
    "a.b": False,
    "a b": False,
    "a/b": False,
    "..": False,
    "a" * 256: False,
    "v1": False,
    "V12": False,
    "latest": False,
    "LATEST": False,
}
