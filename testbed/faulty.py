"""Serving images with a built-in fault: the model is good, the process misbehaves.

They are built from the serving image, for the lab only, and have tags of their own.
"""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from delivery.cluster import Cluster, DeliveryError
from lab import client
from lab.client import LabError

FOLDER = Path(__file__).with_name("faulty_image")
NAME = "sentiment-serving-faulty"


@dataclass(frozen=True)
class Behaviour:
    """The fault of `serve`; `fetch` and `verify` work."""

    text: str
    """In the format of `faulty_image/entry.py`."""

    @property
    def tag(self) -> str:
        return self.text.replace(":", "-")


def crash_after_first_answer(seconds: float) -> Behaviour:
    """The process ends this long after its first prediction, no matter which client requested it."""
    return Behaviour(f"crash-after-first-answer:{seconds:g}")


def crash_at_request(number: int) -> Behaviour:
    """The process ends at its `number`-th prediction; requests of a candidate's verifier do not count."""
    return Behaviour(f"crash-at-request:{number}")


NEVER_READY = Behaviour("never-ready")
GROW_MEMORY = Behaviour("grow-memory")
"""From its first prediction on, the process takes 80 MB a second until it is killed."""

ON_DEMAND = Behaviour("on-demand")
"""The process works until files in its /tmp order a fault (`fail`, `slow`, `grow`, `crash`)."""


def build_faulty(cluster: Cluster, serving_image: str, behaviour: Behaviour) -> str:
    """Build `serving_image` with that fault and push it to the lab's registry.

    Args:
        serving_image: `registry/name@sha256:...`, as pushed to the lab's registry.

    Returns:
        The faulty image, by digest.

    Raises:
        DeliveryError: the cluster is not the lab, or the image cannot be built.
    """
    if cluster.kind != "lab":
        raise DeliveryError("faulty images are built for the lab only: run this with the lab up")
    tagged = f"{NAME}:{behaviour.tag}"
    with tempfile.TemporaryDirectory() as folder:
        # The base image comes from the lab's registry, which is reached over plain http.
        registries = Path(folder) / "registries.conf"
        registries.write_text(f'[[registry]]\nlocation = "{cluster.registry}"\ninsecure = true\n')
        environment = {**cluster.environment, "CONTAINERS_REGISTRIES_CONF": str(registries)}
        context = Path(folder) / "context"
        shutil.copytree(FOLDER, context, ignore=shutil.ignore_patterns("__pycache__"))
        (context / "behaviour").write_text(behaviour.text)
        options = [f"--file={context / 'Dockerfile'}", f"--tag={tagged}", f"--build-arg=SERVING_IMAGE={serving_image}"]
        try:
            client.run("build-image", *options, str(context), environ=environment)
            return client.run("push", tagged, environ=environment).splitlines()[-1].strip()
        except LabError as error:
            raise DeliveryError(str(error)) from error
