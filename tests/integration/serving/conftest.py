"""What tests of the commands stand on, with everything right: a test makes one thing wrong.

For `fetch`: a version in a real S3 server. For `verify`: a version and its server.
"""

import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from testbed.servers import moto
from tests.integration.serving.fetching import BUCKET, KEYS, S3, URI, Fetcher
from tests.integration.serving.process import Server, environment
from tests.integration.serving.verifying import Version, make, run
from tests.unit.serving.tiny_model import write_version


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a fresh moto server."""
    with moto(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture
def version(tmp_path: Path) -> tuple[Path, str]:
    """A registered version on disk, and its digest."""
    folder = tmp_path / "registered"
    return folder, write_version(folder)


@pytest.fixture
def s3(s3_url: str, version: tuple[Path, str]) -> Iterator[S3]:
    """The store with exactly this version."""
    s3 = S3(s3_url)
    s3.client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for path in version[0].iterdir():
        s3.put(path.name, path.read_bytes())
    yield s3
    urllib.request.urlopen(urllib.request.Request(f"{s3_url}/moto-api/reset", method="POST")).close()


@pytest.fixture
def fetcher(s3: S3, version: tuple[Path, str], tmp_path: Path) -> Fetcher:
    """With everything right; a test makes one thing wrong."""
    env = environment(
        MODEL_URI=URI, MODEL_DIGEST=version[1], MODEL_DIR=str(tmp_path / "model"), AWS_ENDPOINT_URL=s3.endpoint, **KEYS
    )
    return Fetcher(tmp_path / "model", tmp_path / "termination", env)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """The version to verify, unless a test has another."""
    return make(tmp_path_factory.mktemp("good"), "14")


@pytest.fixture(scope="module")
def candidate(good: Version) -> Iterator[Server]:
    """Its server."""
    with run(good) as server:
        yield server


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a key for 127.0.0.1, its certificate, and that of the CA that signed it."""
    ca, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("a CA", ca, "a CA", ca)
    server = _certificate("store", key, "a CA", ca)
    unprotected = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, unprotected)
        + server.public_bytes(serialization.Encoding.PEM)
        + authority.public_bytes(serialization.Encoding.PEM)
    )
    return path


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    subject, signer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (name, issuer))
    now = datetime.now(UTC)
    end = now + timedelta(days=1)
    builder = x509.CertificateBuilder(signer, subject, key.public_key(), x509.random_serial_number(), now, end)
    is_ca = name == issuer
    builder = builder.add_extension(x509.BasicConstraints(ca=is_ca, path_length=0 if is_ca else None), critical=True)
    if not is_ca:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        builder = builder.add_extension(names, critical=False)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
    return builder.add_extension(own, critical=False).add_extension(above, critical=False).sign(by, hashes.SHA256())
