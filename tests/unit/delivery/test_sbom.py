"""The bill of materials in the serving image, and what may not be in that image."""

import json
import re
import subprocess
import sys
from importlib.metadata import distribution, distributions, version
from pathlib import Path

from delivery.cluster import ROOT
from requirements import sbom

FOR_TRAINING = {"scikit-learn", "scipy", "numpy", "nltk", "mlflow", "mlflow-skinny", "pandas", "dvc"}


def test_it_names_each_installed_package_once_with_its_version() -> None:
    document = sbom.document("image", list(distributions()))
    refs = [one["bom-ref"] for one in document["components"]]
    assert len(set(refs)) == len(refs)
    packages = [one for one in document["components"] if one["purl"].startswith("pkg:pypi/")]
    named = {one["name"]: one for one in packages}
    assert len(named) == len(packages)
    assert named["flask"]["purl"] == f"pkg:pypi/flask@{version('flask')}"
    assert named["prometheus-client"]["version"] == version("prometheus-client")
    image, *wheels = document["dependencies"]
    assert set(image["dependsOn"]) == {one["bom-ref"] for one in packages}
    assert {ref for one in (image, *wheels) for ref in one["dependsOn"]} == set(refs)


def test_it_names_the_crates_that_a_wheel_was_compiled_from() -> None:
    document = sbom.document("image", [distribution("obstore")])
    (wheel,) = document["dependencies"][1:]
    assert wheel["ref"] == f"pkg:pypi/obstore@{version('obstore')}"
    crate = next(one for one in document["components"] if one["name"] == "object_store")
    assert crate["bom-ref"] in wheel["dependsOn"]
    assert {"name", "version", "hashes", "purl"} <= set(crate)
    assert "file:///" not in json.dumps(document), "no folder of a build"


def test_it_runs_alone_and_writes_the_same_each_time(tmp_path: Path) -> None:
    """As in the image's build: the file alone, isolated from this checkout."""
    command = [sys.executable, "-I", str(ROOT / "requirements" / "sbom.py"), "sentiment-serving"]
    first, second = (subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout for _ in range(2))
    assert first == second
    assert json.loads(first)["metadata"]["component"]["name"] == "sentiment-serving"


def test_nothing_for_training_is_installed_into_the_serving_image() -> None:
    required = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "serving.txt").read_text(), re.MULTILINE)
    assert "flask" in required
    assert not FOR_TRAINING & set(required)


def test_dependencies_come_before_code_and_the_user_is_not_root() -> None:
    steps = (ROOT / "Dockerfile.serving").read_text().splitlines()
    place = {start: next(i for i, step in enumerate(steps) if step.startswith(start)) for start in STEPS}
    assert sorted(place, key=place.__getitem__) == list(STEPS)


STEPS = (
    "COPY requirements/serving.txt",
    "COPY --from=builder",
    "COPY model/sentiment_model",
    "COPY serving/sentiment_serving",
    "LABEL",
    "USER 10001",
)
