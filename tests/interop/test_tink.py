"""Tink for Python with its AWS KMS integration: envelope encryption, and keysets under a KMS key."""

import io
import os

import pytest
import tink
from support import WRONG_KEY, fresh_name
from tink import aead
from tink.integration import awskms


@pytest.fixture(scope="module", autouse=True)
def registered():
    aead.register()


@pytest.fixture
def remote(signed, monkeypatch):
    """`remote(ARN)`: Tink's own client of that key; the endpoint comes from the environment."""
    for name, value in signed.environment().items():
        monkeypatch.setenv(name, value)

    def remote(arn):
        uri = f"aws-kms://{arn}"
        return awskms.AwsKmsClient(uri, None).get_aead(uri)

    return remote


def test_an_envelope(signed, remote):
    key = signed.key()
    plain = os.urandom(50_000)
    envelope = aead.KmsEnvelopeAead(aead.aead_key_templates.AES256_GCM, remote(key.arn))
    sealed = envelope.encrypt(plain, b"a file")
    assert plain[:32] not in sealed
    assert envelope.decrypt(sealed, b"a file") == plain
    # The data key in front of the message is a ciphertext of ours.
    length = int.from_bytes(sealed[:4], "big")
    assert signed.decrypt(CiphertextBlob=sealed[4 : 4 + length])["KeyId"] == key.arn
    with pytest.raises(tink.TinkError):
        envelope.decrypt(sealed, b"another file")
    signed.disable_key(KeyId=key.id)
    with pytest.raises(tink.TinkError, match="DisabledException.*is disabled"):
        remote(key.arn).decrypt(sealed[4 : 4 + length], b"")


def test_a_keyset_under_a_key(signed, remote):
    key = signed.key()
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES128_GCM)
    written = io.BytesIO()
    writer = tink.BinaryKeysetWriter(written)
    handle.write_with_associated_data(writer, remote(key.arn), b"of the interop tests")
    sealed = handle.primitive(aead.Aead).encrypt(b"attack at dawn", b"")

    def read(associated_data):
        reader = tink.BinaryKeysetReader(written.getvalue())
        return tink.read_keyset_handle_with_associated_data(reader, remote(key.arn), associated_data)

    opened = read(b"of the interop tests").primitive(aead.Aead).decrypt(sealed, b"")
    assert opened == b"attack at dawn"
    # Tink sends the associated data as the encryption context.
    with pytest.raises(tink.TinkError, match="InvalidCiphertextException"):
        read(b"of somebody else")


def test_an_alias_that_moved_no_longer_opens_the_envelope(signed, remote):
    """Tink names the alias in Decrypt."""
    first, second = signed.key(), signed.key()
    name = signed.alias(first, fresh_name("tink"))
    by_alias = remote(signed.alias_arn(name))
    sealed = by_alias.encrypt(b"attack at dawn", b"context")
    assert by_alias.decrypt(sealed, b"context") == b"attack at dawn"
    assert remote(first.arn).decrypt(sealed, b"context") == b"attack at dawn"
    signed.update_alias(AliasName=name, TargetKeyId=second.id)
    with pytest.raises(tink.TinkError, match=f"IncorrectKeyException.*{WRONG_KEY}"):
        by_alias.decrypt(sealed, b"context")
    assert remote(first.arn).decrypt(sealed, b"context") == b"attack at dawn"
