"""Artifact stores, one for each kind of address.

| address | credentials | transferred by | a redirect to another host |
|---|---|---|---|
| https, http | in the header Authorization, for named origins | WebStore | UnsafeRedirect |
| s3 | in the URL of one file, signed by obstore | SignedStore | Misconfigured |
| az with a shared access signature | in the URL | SignedStore | Misconfigured |
| az, gs with a key or an identity | in the header Authorization | obstore | followed, without that header |

obstore has no setting that stops its client from following redirects. The client sends every header but
`Authorization` to the other host, and the former URL as `Referer`: with S3 the session token would travel in a header,
and a shared access signature in the URL. Signing a URL for GCS or for an Azure identity needs rights that reading does
not (`signBlob`, a delegation key of the whole account), so there obstore transfers, too.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Protocol

import obstore
from obstore.store import ObjectStore

from sentiment_serving.fetching.errors import Misconfigured
from sentiment_serving.fetching.login import login_for
from sentiment_serving.fetching.object_client import azure_client, gcs_client, translated
from sentiment_serving.fetching.signed_store import SignedStore, azure_urls, s3_urls, shared_access_signature
from sentiment_serving.fetching.source import Source
from sentiment_serving.fetching.trust import added_authorities
from sentiment_serving.fetching.web_store import WebStore

_CHUNK_BYTES = 1024 * 1024


class ArtifactStore(Protocol):
    """The files under one root."""

    def stream(self, name: str) -> Iterator[bytes]:
        """The file's bytes, in pieces of at most a few mebibytes.

        Raises:
            StoreError: one of its subclasses, also in the middle of the file.
        """


def open_store(source: Source, environ: Mapping[str, str] = os.environ) -> ArtifactStore:
    """The store that a Source names.

    Args:
        environ: credentials and settings; obstore reads those of the process as well.

    Raises:
        StoreError: Misconfigured, when the environment lacks a setting that the store needs.
        Termination: BadConfiguration, when one has an invalid value.
    """
    authorities = added_authorities(source, environ)
    if source.scheme in ("https", "http"):
        return WebStore(source, login=login_for(source, environ), authorities=authorities)
    with translated():
        if source.scheme == "s3":
            return SignedStore(source, s3_urls(source, environ), authorities=authorities)
        if source.scheme == "gs":
            return RemoteStore(gcs_client(source, authorities))
        signature = shared_access_signature(environ)
        _check_account(source, environ, signed=bool(signature))
        if signature:
            return SignedStore(source, azure_urls(source, signature), authorities=authorities)
        return RemoteStore(azure_client(source, authorities=authorities))


def _check_account(source: Source, environ: Mapping[str, str], *, signed: bool) -> None:
    """Anyone who registers a version chooses the account, and a signature would be sent to it."""
    if source.azure is None:
        return
    account = environ.get("AZURE_STORAGE_ACCOUNT_NAME", "")
    if account and account != source.azure.account:
        raise Misconfigured(
            f"AZURE_STORAGE_ACCOUNT_NAME is another account than {source.azure.account}, which the address names"
        )
    if signed and not account:
        raise Misconfigured("AZURE_STORAGE_ACCOUNT_NAME must name the account that the shared access signature is for")


class RemoteStore:
    """An ArtifactStore that obstore transfers from. The header Authorization is all that authenticates there."""

    def __init__(self, client: ObjectStore) -> None:
        self._client = client

    def stream(self, name: str) -> Iterator[bytes]:
        """See ArtifactStore."""
        with translated():
            yield from obstore.get(self._client, name).stream(min_chunk_size=_CHUNK_BYTES)
