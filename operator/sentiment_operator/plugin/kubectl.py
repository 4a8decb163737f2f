"""The adapter to kubectl, which has the user's clusters and credentials. The plugin reaches the cluster only by it."""

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_operator.api.names import GROUP, MODEL_LABEL, PLURAL
from sentiment_operator.api.text import printable

Json = Mapping[str, Any]

RESOURCE = f"{PLURAL}.{GROUP}"
TIMEOUT = "30s"
"""Timeout of one request to the API server; kubectl's own default is none."""


class KubectlFailed(Exception):
    """kubectl failed; the message is kubectl's."""


@dataclass(frozen=True, kw_only=True)
class Kubectl:
    """Runs kubectl in one context and namespace; empty: those of the user's kubeconfig.

    All methods that run it raise `KubectlFailed`.
    """

    namespace: str = ""
    context: str = ""
    program: str = "kubectl"

    def resource(self, name: str) -> Json:
        """The SentimentModel of that name."""
        found: Json = json.loads(self._run("get", RESOURCE, name, "--output=json"))
        return found

    def pods(self, resource: Json) -> Sequence[Json]:
        """The pods of a SentimentModel, serving or candidate."""
        metadata = resource["metadata"]
        return self._list(metadata["namespace"], "pods", f"--selector={MODEL_LABEL}={metadata['name']}")

    def events(self, resource: Json) -> Sequence[Json]:
        """The Events about a SentimentModel."""
        metadata = resource["metadata"]
        return self._list(metadata["namespace"], "events", f"--field-selector=involvedObject.uid={metadata['uid']}")

    def patch(self, name: str, change: Json | Sequence[Json], *, kind: str, dry_run: bool) -> None:
        """Patch a SentimentModel; `kind` is `json` or `merge`. A dry run is only checked by the API server."""
        extra = ["--dry-run=server"] if dry_run else []
        self._run("patch", RESOURCE, name, f"--type={kind}", f"--patch={json.dumps(change)}", *extra)

    def command(self, *arguments: str) -> str:
        """A command line for the user to run, with the same context and namespace."""
        return " ".join(("kubectl", *self._place(), *arguments))

    def _list(self, namespace: str, *arguments: str) -> Sequence[Json]:
        found: Sequence[Json] = json.loads(self._run("get", *arguments, f"--namespace={namespace}", "--output=json"))[
            "items"
        ]
        return found

    def _place(self) -> list[str]:
        given = {"--context": self.context, "--namespace": self.namespace}
        return [f"{flag}={value}" for flag, value in given.items() if value]

    def _run(self, *arguments: str) -> str:
        command = [self.program, *self._place(), f"--request-timeout={TIMEOUT}", *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise KubectlFailed(f"{self.program} was not found: it must be on PATH.") from None
        if done.returncode != 0:
            raise KubectlFailed(message_of(done.stderr) or f"kubectl ended with exit code {done.returncode}.")
        return done.stdout


def message_of(stderr: str) -> str:
    """kubectl's message to the user, without the log lines of its client library (`E1124 21:54:15.4 ...`)."""
    lines = [printable(line) for line in stderr.split("\n") if not re.match(r"[IWEF]\d{4} ", line)]
    return "\n".join(line.rstrip() for line in lines).strip()
