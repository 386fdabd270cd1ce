"""securesystemslib's signer for AWS KMS, which TUF and in-toto sign with.

It imports the public key once, then hashes by itself and signs DIGEST; the signature is verified
without KMS, by whoever has the public key.
"""

import boto3
import pytest
from securesystemslib.exceptions import UnsupportedAlgorithmError, UnverifiedSignatureError
from securesystemslib.signer import AWSSigner, Signer
from support import fresh_name

PAYLOAD = b'{"_type": "targets", "version": 1}'


@pytest.fixture(autouse=True)
def environment(signed, monkeypatch):
    for name, value in signed.environment().items():
        monkeypatch.setenv(name, value)
    # boto3's default session is of the first environment that it saw.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


# A key, the scheme that its first algorithm stands for, and others that may be asked for.
KEYS = {
    "ECC_NIST_P256": ("ecdsa-sha2-nistp256", []),
    "ECC_NIST_P384": ("ecdsa-sha2-nistp384", []),
    "RSA_2048": (
        "rsassa-pss-sha256",
        ["rsassa-pss-sha384", "rsassa-pss-sha512"]
        + ["rsa-pkcs1v15-sha256", "rsa-pkcs1v15-sha384", "rsa-pkcs1v15-sha512"],
    ),
}


@pytest.mark.parametrize("spec", KEYS)
def test_what_it_signs_verifies(signed, spec):
    key = signed.key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    alias = signed.alias(key, fresh_name("tuf"))
    usual, others = KEYS[spec]
    for reference, scheme in [(alias, None), (key.arn, usual), *((key.id, other) for other in others)]:
        uri, public_key = AWSSigner.import_(reference, scheme)
        assert uri == f"awskms:{reference}"
        assert public_key.scheme == (scheme or usual)
        signature = Signer.from_priv_key_uri(uri, public_key).sign(PAYLOAD)
        public_key.verify_signature(signature, PAYLOAD)
        with pytest.raises(UnverifiedSignatureError):
            public_key.verify_signature(signature, PAYLOAD + b" ")


def test_a_scheme_that_the_key_does_not_have(signed):
    key = signed.key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    with pytest.raises(UnsupportedAlgorithmError):
        AWSSigner.import_(key.id, "rsassa-pss-sha256")


def test_an_alias_moves_to_the_next_key(signed):
    """Rotation as TUF does it: one address, and a new public key behind it."""
    first, second = (signed.key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY") for _ in range(2))
    alias = signed.alias(first, fresh_name("tuf"))
    uri, old = AWSSigner.import_(alias)
    before = Signer.from_priv_key_uri(uri, old).sign(PAYLOAD)
    signed.update_alias(AliasName=alias, TargetKeyId=second.id)
    uri, new = AWSSigner.import_(alias)
    assert new.keyid != old.keyid
    after = Signer.from_priv_key_uri(uri, new).sign(PAYLOAD)
    new.verify_signature(after, PAYLOAD)
    old.verify_signature(before, PAYLOAD)
    with pytest.raises(UnverifiedSignatureError):
        old.verify_signature(after, PAYLOAD)
