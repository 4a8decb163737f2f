"""Writing a file completely or not at all, even if the writer is interrupted."""

from pathlib import Path


def write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}")
    draft.write_text(text)
    draft.rename(path)
