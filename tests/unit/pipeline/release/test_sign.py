"""Signing: the key, and what is signed."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sentiment_pipeline.errors import PipelineError
from sentiment_pipeline.release.sign import KEY_VARIABLE, signature, signing_key

VECTOR = json.loads((Path(__file__).resolve().parents[3] / "data" / "signature.json").read_text())
KEY = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTOR["private_key"]))
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_the_signature_is_the_one_that_the_operator_accepts() -> None:
    assert signature(KEY, VECTOR["model"], VECTOR["digest"]) == VECTOR["tag"]


def test_the_key_is_read_from_the_variable_or_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "signing.pem"
    file.write_text(PEM)
    for value in (PEM, str(file)):
        monkeypatch.setenv(KEY_VARIABLE, value)
        key = signing_key()
        assert key is not None
        assert key.private_bytes_raw() == KEY.private_bytes_raw()


def test_without_the_variable_nothing_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert signing_key() is None


@pytest.mark.parametrize(
    "text",
    [
        "no/such/file.pem",
        PEM[:80],
        X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    ],
)
def test_another_key_is_refused_without_being_shown(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, text)
    with pytest.raises(PipelineError, match=KEY_VARIABLE) as refused:
        signing_key()
    assert text[5:35] not in str(refused.value)
