"""Who must have signed a version's digest."""

import json
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sentiment_operator.api.errors import SignatureInvalid
from sentiment_operator.registry.signature import PREFIX, Signers, signed_message

VECTOR = json.loads((Path(__file__).resolve().parents[3] / "data" / "signature.json").read_text())
MODEL, DIGEST, TAG = VECTOR["model"], VECTOR["digest"], VECTOR["tag"]
CI = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTOR["private_key"]))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))


def public(key: Ed25519PrivateKey) -> str:
    return b64encode(key.public_key().public_bytes_raw()).decode()


def signed(key: Ed25519PrivateKey, model: str = MODEL, digest: str = DIGEST) -> str:
    return PREFIX + b64encode(key.sign(signed_message(model, digest))).decode()


def check(signers: Signers, tag: str, *, model: str = MODEL, digest: str = DIGEST) -> None:
    signers.check(model=model, version="14", digest=digest, tag=tag)


def test_the_pipelines_signature_is_accepted() -> None:
    check(Signers.parse(public(CI)), TAG)


def test_one_of_several_keys_is_enough() -> None:
    check(Signers.parse(f" {public(OTHER)},{public(CI)} "), TAG)


def test_without_keys_no_version_needs_a_signature() -> None:
    check(Signers.parse(" "), "")


@pytest.mark.parametrize(
    ("tag", "sentence"),
    [
        ("", "no tag sentiment.signature"),
        (signed(OTHER), "not signed by a key that this operator trusts"),
        (signed(CI, model="other"), "signed for another model or digest"),
        (signed(CI, digest="sha256:" + "b" * 64), "signed for another model or digest"),
        (TAG.removeprefix(PREFIX), "is not ed25519:"),
        (TAG[:-4], "is not ed25519:"),
        ("ed25519:\x1b[31m", "is not ed25519:"),
    ],
)
def test_any_other_signature_is_refused(tag: str, sentence: str) -> None:
    with pytest.raises(SignatureInvalid, match=sentence) as refused:
        check(Signers.parse(public(CI)), tag)
    assert "\x1b" not in str(refused.value)


@given(st.text())
def test_no_text_of_the_registry_passes_or_breaks_the_check(tag: str) -> None:
    with pytest.raises(SignatureInvalid):
        check(Signers.parse(public(CI)), tag)


@pytest.mark.parametrize(
    "text", ["key", "a" * 44, "-----BEGIN PUBLIC KEY-----", public(CI)[:-4], ",", " , ,", f"{public(CI)},"]
)
def test_a_key_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected an Ed25519 public key"):
        Signers.parse(text)
