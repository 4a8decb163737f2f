"""Files that are there whole or not at all, whenever the writer is interrupted."""

from pathlib import Path


def write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}")
    draft.write_text(text)
    draft.rename(path)
