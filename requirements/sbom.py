"""Write a CycloneDX 1.6 bill of materials of the installed packages; runs while an image is built, with its Python.

A wheel may bring a bill of what was compiled into it (PEP 770): its Rust crates are included. Time and serial number,
which the format allows to omit, are left out: the same content makes the same layer.
"""

import json
import sys
from importlib.metadata import Distribution, distributions
from typing import Any


def document(name: str, installed: list[Distribution]) -> dict[str, Any]:
    """The bill of materials of an image called `name`."""
    packages = [_component(one) for one in installed]
    compiled = {package["bom-ref"]: _compiled(one) for package, one in zip(packages, installed, strict=True)}
    every = {one["bom-ref"]: one for one in (*(one for each in compiled.values() for one in each), *packages)}
    components = [every[ref] for ref in sorted(every)]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": name, "bom-ref": name}},
        "components": components,
        "dependencies": [
            {"ref": name, "dependsOn": sorted(compiled)},
            *(
                {"ref": ref, "dependsOn": sorted({one["bom-ref"] for one in compiled[ref]})}
                for ref in sorted(compiled)
                if compiled[ref]
            ),
        ],
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


def _compiled(one: Distribution) -> list[dict[str, Any]]:
    """The crates that the bills of a wheel list."""
    bills = [path for path in one.files or () if path.parent.name == "sboms" and path.suffix == ".json"]
    parts = [part for bill in bills for part in json.loads(bill.read_text(encoding="utf-8")).get("components", ())]
    return [_crate(part) for part in parts if part.get("purl", "").startswith("pkg:cargo/")]


def _crate(part: dict[str, Any]) -> dict[str, Any]:
    # The other fields name the folders where the wheel was built.
    crate = {name: part[name] for name in ("name", "version", "hashes", "licenses", "purl") if name in part}
    return {"type": "library", "bom-ref": crate["purl"]} | crate


if __name__ == "__main__":
    json.dump(document(sys.argv[1], list(distributions())), sys.stdout, indent=1)
