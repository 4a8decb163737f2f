"""The origin of a registered version: the commit of the code and the lock of the data."""

import subprocess
from hashlib import sha256
from pathlib import Path

from sentiment_pipeline import paths


def git_commit(root: Path) -> str:
    """The commit that is checked out, with `-dirty` if tracked files differ from it; empty outside of git."""
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return ""
    return f"{commit}-dirty" if _git(root, "status", "--porcelain", "--untracked-files=no") else commit


def lock_sha256(root: Path) -> str:
    """SHA-256 of dvc.lock, in hex; empty if `dvc repro` has not run."""
    lock = root / paths.LOCK
    return sha256(lock.read_bytes()).hexdigest() if lock.is_file() else ""


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
