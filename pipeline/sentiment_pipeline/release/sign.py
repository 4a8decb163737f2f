"""Signs the digest of a version, so that the right to write to the registry does not decide which version serves.

The operator checks the tag if it has public keys (TRUSTED_SIGNING_KEYS). The signature covers the model's name and the
digest, which covers every byte that a pod reads.
"""

import os
import tempfile
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sentiment_pipeline.errors import PipelineError, RegistryError
from sentiment_pipeline.tracking.download import download
from sentiment_pipeline.tracking.registry import Registered, Registry, Version

SIGNATURE_TAG = "sentiment.signature"
KEY_VARIABLE = "SENTIMENT_SIGNING_KEY"
"""The Ed25519 private key, as the PEM text or as the path of its file, without a passphrase."""


def sign_registered(registry: Registry, registered: Registered) -> Registered:
    """Sign what `register` or `convert` returned, if a signing key is set: its files are those of this machine.

    Raises:
        PipelineError: the key cannot be read.
        RegistryError: MLflow did not answer.
    """
    key = signing_key()
    return replace(registered, version=_signed(registry, registered.version, key)) if key else registered


def sign_version(registry: Registry, name: str, number: str) -> Version:
    """Sign a version that is registered already, after checking its files against its digest.

    Raises:
        PipelineError: there is no key, or it cannot be read.
        RegistryError: MLflow did not answer, or the files do not have the digest of the version.
    """
    key = signing_key()
    if key is None:
        raise PipelineError(f"{KEY_VARIABLE} is not set: set it to an Ed25519 private key in PEM, or to its file")
    version = registry.version(name, number)
    if not version.digest:
        raise RegistryError(f"version {number} of {name} has no digest to sign: register it with `register`")
    with tempfile.TemporaryDirectory() as folder:
        download(registry, version, Path(folder))
    return _signed(registry, version, key)


def signing_key() -> Ed25519PrivateKey | None:
    """The key of SENTIMENT_SIGNING_KEY; None if it is not set.

    Raises:
        PipelineError: it is not an Ed25519 private key. The message does not contain it.
    """
    text = os.environ.get(KEY_VARIABLE, "").strip()
    if not text:
        return None
    try:
        pem = text.encode() if text.startswith("-----BEGIN") else Path(text).read_bytes()
        key = load_pem_private_key(pem, password=None)
    except (OSError, ValueError, TypeError) as error:
        raise PipelineError(
            f"{KEY_VARIABLE} cannot be read ({type(error).__name__}): expected an Ed25519 private key in PEM without a"
            " passphrase, or the path of its file (openssl genpkey -algorithm ed25519)"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise PipelineError(f"{KEY_VARIABLE} is another kind of key: expected Ed25519")
    return key


def signature(key: Ed25519PrivateKey, model: str, digest: str) -> str:
    """Value of the tag: `ed25519:` and the signature in Base64."""
    message = f"sentiment.signature/v1\nmodel: {model}\ndigest: {digest}\n".encode()
    return f"ed25519:{b64encode(key.sign(message)).decode()}"


def _signed(registry: Registry, version: Version, key: Ed25519PrivateKey) -> Version:
    value = signature(key, version.name, version.digest)
    if version.tags.get(SIGNATURE_TAG) != value:
        registry.set_tag(version, SIGNATURE_TAG, value)
    return replace(version, tags={**version.tags, SIGNATURE_TAG: value})
