"""`python -m sentiment_operator`: kopf's command line with the options that this operator needs."""

import os
import sys

from kopf.cli import main

LIVENESS = "http://0.0.0.0:8080/healthz"


def arguments(watch_namespace: str) -> list[str]:
    """The command line for kopf; an empty namespace means all namespaces."""
    scope = ["--namespace", watch_namespace] if watch_namespace else ["--all-namespaces"]
    return [
        "run",
        "--standalone",
        "--log-format=json",
        f"--liveness={LIVENESS}",
        *scope,
        "-m",
        "sentiment_operator.main",
    ]


if __name__ == "__main__":
    main([*arguments(os.environ.get("WATCH_NAMESPACE", "").strip()), *sys.argv[1:]])
