"""Copies a model version into a folder and checks every byte against the version's digest."""

import errno
import hashlib
import logging
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from sentiment_model import ManifestError
from sentiment_model.manifest import MANIFEST, MAX_MANIFEST_BYTES, FileEntry, Manifest, digest_of, parse_manifest
from sentiment_serving.fetching.errors import (
    Misconfigured,
    Missing,
    StoreError,
    Unauthorized,
    Unreachable,
    UnsafeRedirect,
)
from sentiment_serving.fetching.remedies import Remedy, remedy_for, warnings_of
from sentiment_serving.fetching.source import parse_source, refuse_metadata_host
from sentiment_serving.fetching.store import ArtifactStore, open_store
from sentiment_serving.settings import FetchSettings
from sentiment_serving.termination import Reason, Termination

PAUSES_SECONDS = (1.0, 4.0)
"""Pauses before the second and third attempt if the store is unreachable. Then Kubernetes restarts the container."""

_LOG = logging.getLogger("sentiment_serving.fetch")


class _Mismatch(Exception):
    """The bytes do not match the digest. A copy made during a write looks the same, so the first one is retried."""

    def __init__(self, name: str, *, expected: str, found: str) -> None:
        super().__init__(f"{name} was expected to have {expected} and has {found}")


def fetch_from_environ(settings: FetchSettings, environ: Mapping[str, str]) -> Manifest:
    """Fetch the version that the settings name.

    Raises:
        Termination: any reason but LoadFailed.
    """
    source = parse_source(settings.uri, environ, allow_http=settings.allow_http)
    if source.host is not None:
        refuse_metadata_host(source.host, _addresses(source.host))
    for warning in warnings_of(source, environ):
        _LOG.warning(warning)
    remedy = partial(remedy_for, source=source, environ=environ)
    try:
        store = open_store(source, environ)
    except StoreError as error:
        raise _termination_for(error, source.uri, None, remedy) from error
    return fetch(store, uri=source.uri, digest=settings.digest, folder=settings.folder, remedy=remedy)


def fetch(
    store: ArtifactStore,
    *,
    uri: str,
    digest: str,
    folder: Path,
    remedy: Remedy = remedy_for,
    pauses_seconds: Sequence[float] = PAUSES_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> Manifest:
    """Copy the version with this digest into `folder`, manifest last: a folder with a manifest is complete.

    Args:
        uri: shown in messages.
        digest: `sha256:` and 64 hex digits.
        remedy: what to do about an error of the store, a sentence for the message.
        folder: created if it does not exist; files of the same names are replaced.

    Raises:
        Termination: DigestMismatch (twice in a row), UnsupportedFormat, ArtifactMissing, StoreUnreachable (after all
            pauses), StoreUnauthorized, StorageFull, UnsafeSource, BadConfiguration.
    """
    pauses = iter(pauses_seconds)
    mismatched = False
    while True:
        try:
            return _copy(store, uri=uri, digest=digest, folder=folder, remedy=remedy)
        except _Mismatch as mismatch:
            if mismatched:
                raise Termination(
                    Reason.DIGEST_MISMATCH,
                    f"{mismatch}, twice, in {uri}. The stored files are not those that were registered: register the "
                    "model again.",
                ) from mismatch
            mismatched = True
            _LOG.warning("fetching again: %s", mismatch)
        except Unreachable as error:
            pause = next(pauses, None)
            if pause is None:
                raise _termination_for(error, uri, None, remedy) from error
            _LOG.warning("trying again in %g s: %s", pause, error)
            sleep(pause)


def _copy(store: ArtifactStore, *, uri: str, digest: str, folder: Path, remedy: Remedy) -> Manifest:
    started = time.monotonic()
    data = _read_manifest(store, uri, remedy)
    found = digest_of(data)
    if found != digest:
        raise _Mismatch(MANIFEST, expected=digest, found=found)
    try:
        manifest = parse_manifest(data)
    except ManifestError as error:
        raise _unusable(str(error)) from error
    size = sum(entry.size_bytes for entry in manifest.files)
    staging: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # On the same file system, so that the renames below cannot fail for lack of space.
        staging = Path(tempfile.mkdtemp(prefix=".incoming-", dir=folder))
        for entry in manifest.files:
            _copy_file(store, uri, entry, staging / entry.name, remedy)
        (staging / MANIFEST).write_bytes(data)
        (folder / MANIFEST).unlink(missing_ok=True)
        for name in (*(entry.name for entry in manifest.files), MANIFEST):
            (staging / name).chmod(0o644)
            (staging / name).replace(folder / name)
    except OSError as error:
        raise _local_fault(error, folder, size) from error
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
    fields = {"files": len(manifest.files), "bytes": size, "seconds": round(time.monotonic() - started, 3)}
    _LOG.info("fetched %s", uri, extra={"fields": {**fields, "digest": digest}})
    return manifest


def _read_manifest(store: ArtifactStore, uri: str, remedy: Remedy) -> bytes:
    data = bytearray()
    try:
        for piece in store.stream(MANIFEST):
            data += piece
            if len(data) > MAX_MANIFEST_BYTES:
                raise _unusable(f"it has more than {MAX_MANIFEST_BYTES} bytes")
    except (Missing, Unauthorized, Misconfigured, UnsafeRedirect) as error:
        raise _termination_for(error, uri, MANIFEST, remedy) from error
    return bytes(data)


def _copy_file(store: ArtifactStore, uri: str, entry: FileEntry, target: Path, remedy: Remedy) -> None:
    size = 0
    sha256 = hashlib.sha256()
    started = time.monotonic()
    try:
        with target.open("wb") as file:
            for piece in store.stream(entry.name):
                size += len(piece)
                if size > entry.size_bytes:
                    raise _Mismatch(entry.name, expected=f"{entry.size_bytes} bytes", found="more")
                sha256.update(piece)
                file.write(piece)
    except (Missing, Unauthorized, Misconfigured, UnsafeRedirect) as error:
        raise _termination_for(error, uri, entry.name, remedy) from error
    if size < entry.size_bytes:
        raise _Mismatch(entry.name, expected=f"{entry.size_bytes} bytes", found=str(size))
    if sha256.hexdigest() != entry.sha256:
        raise _Mismatch(entry.name, expected=f"sha256:{entry.sha256}", found=f"sha256:{sha256.hexdigest()}")
    fields = {"bytes": size, "seconds": round(time.monotonic() - started, 3)}
    _LOG.info("verified %s", entry.name, extra={"fields": fields})


def _termination_for(error: StoreError, uri: str, name: str | None, remedy: Remedy) -> Termination:
    match error:
        case Missing():
            return Termination(
                Reason.ARTIFACT_MISSING,
                f"The store has no {name} under {uri}. Check that the version's artifacts were not deleted, or "
                "register it again.",
            )
        case Unauthorized():
            return Termination(Reason.STORE_UNAUTHORIZED, f"The store did not hand out {uri}: {error}. {remedy(error)}")
        case Misconfigured():
            return Termination(
                Reason.BAD_CONFIGURATION,
                f"The store of {uri} cannot be used: {error}. Set it in the Secret (spec.credentials.secretName).",
            )
        case UnsafeRedirect():
            return Termination(
                Reason.UNSAFE_SOURCE,
                f"The store of {uri} was not followed: {error}. Register the version with its artifacts in an "
                "object store, or with the address that it redirects to.",
            )
    return Termination(Reason.STORE_UNREACHABLE, f"The store of {uri} was not reachable: {error}. {remedy(error)}")


def _unusable(why: str) -> Termination:
    return Termination(
        Reason.UNSUPPORTED_FORMAT,
        f"{MANIFEST} of this version is not usable: {why}. Register the version with `sentiment-pipeline register`.",
    )


def _local_fault(error: OSError, folder: Path, size: int) -> Termination:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Termination(
            Reason.STORAGE_FULL,
            f"No space left in {folder} for the {size} bytes of the model. Raise the volume's size limit or free the "
            "node's disk.",
        )
    return Termination(
        Reason.BAD_CONFIGURATION,
        f"The model cannot be written to {folder}: {error.strerror or type(error).__name__}. Mount a volume that user "
        "10001 may write to, and name it in MODEL_DIR.",
    )


def _addresses(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
    except OSError:
        return []
    return [str(address[4][0]) for address in found]
