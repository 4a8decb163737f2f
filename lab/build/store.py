"""Build results, each kept in a folder that is named after the content that it was made from."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.progress import Progress


def content_key(parts: Iterable[str | bytes]) -> str:
    """A short hash of exactly these parts in this order."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:16]


def folder_parts(folder: Path) -> Iterator[str | bytes]:
    """Names and contents of a folder's files, in the order of their names."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield path.relative_to(folder).as_posix()
        yield path.read_bytes()


def kept(cache: Path, name: str, key: str) -> Path | None:
    """The folder of the result for `key`, if it was made before."""
    folder = _folder(cache, name, key)
    return folder if folder.is_dir() else None


def keep(cache: Path, name: str, key: str, make: Callable[[Path], None]) -> Path:
    """The folder of the result for `key`; the first time, `make` fills an empty folder.

    An interrupted `make` leaves no result. Only one process makes a result: a second one waits and then uses it.
    """
    folder = _folder(cache, name, key)
    with exclusively(cache / "locks" / name):
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            for stale in folder.parent.glob(f".{name}-*"):
                shutil.rmtree(stale)
            draft = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder.parent))
            try:
                make(draft)
                draft.chmod(0o755)
                draft.rename(folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    return folder


@contextmanager
def exclusively(lock: Path) -> Iterator[None]:
    """Hold a lock file while the block runs, after waiting for its holder; the system frees it if the holder dies."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            Progress().report(f"waiting for another command of the lab, which holds {lock}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _folder(cache: Path, name: str, key: str) -> Path:
    return cache / "lab" / f"{name}-{key}"
