"""Checks who signed a version's digest, with public keys that only the operator's administrator sets. Pure.

Without keys nothing is checked. With keys the check fails closed: a version without a valid signature is not resolved.
"""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from shlex import quote
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sentiment_operator.api.errors import SignatureInvalid

SIGNATURE_TAG = "sentiment.signature"
PREFIX = "ed25519:"
"""Of the tag's value; a later kind of signature (such as OpenSSF's model signing) gets a prefix of its own."""


@dataclass(frozen=True)
class Signers:
    """The keys of which one must have signed every version; none: versions need no signature."""

    keys: tuple[Ed25519PublicKey, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read public keys: the 32 bytes of each in Base64, separated by commas.

        Raises:
            ValueError: one is no such key, or empty: a list of empty variables must not switch the check off.
        """
        return cls(tuple(_public_key(part.strip()) for part in text.split(","))) if text.strip() else cls()

    def check(self, *, model: str, version: str, digest: str, tag: str) -> None:
        """Require a signature by one of the keys.

        Args:
            model: name of the registered model; it is signed too, so that a signature is of no use for another model.
            version: for the error's sentence.
            digest: `sha256:` and 64 hexadecimal digits.
            tag: value of the tag `sentiment.signature`, empty if the version has none.

        Raises:
            SignatureInvalid: there is no valid signature.
        """
        if not self.keys:
            return
        which = f"Version {version} of {model}"
        remedy = f"let CI register it with the signing key, or run `sentiment-pipeline sign --name {quote(model)}`."
        if not tag:
            raise SignatureInvalid(f"{which} has no tag {SIGNATURE_TAG}, which this operator requires: {remedy}")
        signature = _signature(tag)
        if signature is None:
            raise SignatureInvalid(
                f"The tag {SIGNATURE_TAG} of version {version} of {model} is not {PREFIX} and 64 bytes in Base64 "
                f"({len(tag)} characters were found): {remedy}"
            )
        if not any(_verifies(key, signature, signed_message(model, digest)) for key in self.keys):
            raise SignatureInvalid(
                f"{which} is not signed by a key that this operator trusts (TRUSTED_SIGNING_KEYS), or was signed for "
                f"another model or digest: {remedy}"
            )


UNSIGNED = Signers()
"""Requires no signature."""


def signed_message(model: str, digest: str) -> bytes:
    """What a signature covers: the model's name, and the digest, which covers every byte that a pod reads."""
    return f"sentiment.signature/v1\nmodel: {model}\ndigest: {digest}\n".encode()


def _public_key(text: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(b64decode(text, validate=True))
    except (ValueError, binascii.Error) as error:
        raise ValueError(f"expected an Ed25519 public key, 32 bytes in Base64, found {len(text)} characters") from error


def _signature(tag: str) -> bytes | None:
    if not tag.startswith(PREFIX):
        return None
    try:
        signature = b64decode(tag.removeprefix(PREFIX), validate=True)
    except (ValueError, binascii.Error):
        return None
    return signature if len(signature) == 64 else None


def _verifies(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
