"""`make reference`: write docs/reference.md, the fields of a SentimentModel, from the resource definition."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
DEFINITION = ROOT / "crds" / "sentimentmodel.yaml"
PAGE = ROOT / "docs" / "reference.md"
BOUNDS = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("maxLength", "at most {} characters"),
    ("maxItems", "at most {} entries"),
    ("maxProperties", "at most {} entries"),
)

Schema = dict[str, Any]


def page(definition: Path = DEFINITION) -> str:
    """The page, as Markdown: one table for the spec, one for the status, and the columns of `kubectl get`."""
    custom = yaml.safe_load(definition.read_text())
    names, version = custom["spec"]["names"], custom["spec"]["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    parts = schema["properties"]
    return f"""# SentimentModel

`{custom["spec"]["group"]}/{version["name"]}`, short name `{names["shortNames"][0]}`. Written by `make reference` from
[crds/sentimentmodel.yaml](../crds/sentimentmodel.yaml). [operator.md](operator.md) describes what the operator does
with the fields, [troubleshooting.md](troubleshooting.md) what each reason means. `kubectl explain smdl.spec` shows the
same text.

## The name

{_rules(schema)}

## Spec

Fields in bold are required.

| field | type | default | |
|---|---|---|---|
{_rows(parts["spec"], "spec")}

## Status

| field | type | |
|---|---|---|
{_rows(parts["status"], "status", read_only=True)}

## Columns of `kubectl get smdl`

| column | shows | |
|---|---|---|
{_columns(version["additionalPrinterColumns"])}
"""


def _rows(schema: Schema, path: str, *, read_only: bool = False) -> str:
    return "\n".join(
        f"| {name} | {kind} |{'' if read_only else f' {default} |'} {words} |"
        for name, kind, default, words in _fields(schema, path)
    )


def _fields(schema: Schema, path: str) -> Iterator[tuple[str, str, str, str]]:
    """Name, type, default and description of each field, nested fields included."""
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        inside = f"{path}.{name}"
        kind = _kind(field)
        shown = f"**`{inside}`**" if name in required else f"`{inside}`"
        default = f"`{_plain(field['default'])}`" if field.get("default") not in (None, "", {}) else ""
        yield shown, kind, default, _words(field)
        yield from _fields(field.get("items", field), f"{inside}[]" if "items" in field else inside)


def _kind(field: Schema) -> str:
    if "enum" in field:
        return " \\| ".join(f"`{value}`" for value in field["enum"])
    if "items" in field:
        return f"list of {field['items'].get('type', 'object')}s"
    inside = field.get("additionalProperties")
    if inside:
        return f"map to {'quantity' if inside.get('x-kubernetes-int-or-string') else inside['type']}"
    return str(field.get("format") if field.get("format") == "date-time" else field.get("type", "object"))


def _words(field: Schema) -> str:
    """Description, bounds and rules, in a table's cell."""
    words = [field["description"].rstrip(".") + "."] if "description" in field else []
    bounds = ", ".join(text.format(field[name]) for name, text in BOUNDS if name in field)
    words += [f"{bounds[0].upper()}{bounds[1:]}."] if bounds else []
    words += [f"Matches `{_cell(field['pattern'])}`."] if "pattern" in field else []
    words += [_cell(f"{rule['message'].rstrip('.')}.") for rule in field.get("x-kubernetes-validations", ())]
    return " ".join(words)


def _rules(schema: Schema) -> str:
    return "\n".join(f"- {rule['message']}" for rule in schema["x-kubernetes-validations"])


def _columns(columns: list[dict[str, Any]]) -> str:
    return "\n".join(
        f"| {one['name'].upper()} | `{_cell(one['jsonPath'])}` | "
        f"{'with `-o wide`. ' if one.get('priority') else ''}{one.get('description', '')} |"
        for one in columns
    )


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"wrote {PAGE.relative_to(ROOT)}")
