"""Write a CycloneDX 1.6 bill of materials of the installed packages; runs while an image is built, with its Python.

Time and serial number, which the format allows to omit, are left out: the same content makes the same layer.
"""

import json
import sys
from importlib.metadata import Distribution, distributions
from typing import Any


def document(name: str, installed: list[Distribution]) -> dict[str, Any]:
    """The bill of materials of an image called `name`."""
    components = sorted((_component(one) for one in installed), key=lambda one: str(one["bom-ref"]))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": name, "bom-ref": name}},
        "components": components,
        "dependencies": [{"ref": name, "dependsOn": [one["bom-ref"] for one in components]}],
    }


def _component(one: Distribution) -> dict[str, Any]:
    # https://github.com/package-url/purl-spec: PyPI names in lower case, with hyphens.
    name = one.metadata["Name"].lower().replace("_", "-")
    purl = f"pkg:pypi/{name}@{one.version}"
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": one.version,
        "purl": purl,
    }
    if "License-Expression" in one.metadata:
        component["licenses"] = [{"expression": one.metadata["License-Expression"]}]
    return component


if __name__ == "__main__":
    json.dump(document(sys.argv[1], list(distributions())), sys.stdout, indent=1)
