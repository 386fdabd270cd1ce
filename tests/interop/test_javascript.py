"""The AWS SDK for JavaScript v3, and the AWS Encryption SDK for JavaScript beside Python's."""

import json
import os
import re
import shutil

import aws_encryption_sdk
import pytest
import stories
from aws_encryption_sdk.exceptions import DecryptKeyError
from programs import built, run, toolchain
from support import fresh_name

pytestmark = pytest.mark.timeout(900)

CONTEXT = {"purpose": "interop", "file": "fifty kilobytes"}


@pytest.fixture(scope="module")
def folder():
    version = toolchain("node", ["--version"], (20,))
    toolchain("npm", ["--version"], (9,))

    def make(sources, folder):
        # A module finds its packages beside itself.
        shutil.copytree(sources, folder, dirs_exist_ok=True)
        yield folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"

    return built("javascript", version, make)


def test_an_alias_and_what_it_encrypts(signed, folder):
    stories.aliases(signed, "node", folder / "kms.mjs", no_message="UnknownError")


def test_signatures(signed, folder):
    stories.signatures(signed, "node", folder / "kms.mjs", no_message="UnknownError")


class Python:
    """The Encryption SDK for Python, with the same words as JavaScript's."""

    def __init__(self, signed, monkeypatch):
        for name, value in signed.environment().items():
            monkeypatch.setenv(name, value)
        self.client = aws_encryption_sdk.EncryptionSDKClient()

    def encrypt(self, key, source, target):
        provider = aws_encryption_sdk.StrictAwsKmsMasterKeyProvider(key_ids=[key])
        written, header = self.client.encrypt(
            source=source.read_bytes(), key_provider=provider, encryption_context=CONTEXT
        )
        target.write_bytes(written)
        return self._told(header)

    def decrypt(self, key, source, target):
        provider = (
            aws_encryption_sdk.DiscoveryAwsKmsMasterKeyProvider()
            if key == "discovery"
            else aws_encryption_sdk.StrictAwsKmsMasterKeyProvider(key_ids=[key])
        )
        written, header = self.client.decrypt(source=source.read_bytes(), key_provider=provider)
        assert CONTEXT.items() <= header.encryption_context.items()
        target.write_bytes(written)
        return self._told(header)

    @staticmethod
    def refusing(_):
        """Python's SDK keeps the reason to itself."""
        return pytest.raises(DecryptKeyError, match="Unable to decrypt any data key")

    @staticmethod
    def _told(header):
        return [data_key.key_provider.key_info.decode() for data_key in header.encrypted_data_keys]


class JavaScript:
    def __init__(self, signed, folder):
        self.signed, self.program = signed, folder / "encryption-sdk.mjs"

    def encrypt(self, key, source, target):
        return self._run("encrypt", key, source, target)

    def decrypt(self, key, source, target):
        return self._run("decrypt", key, source, target)

    @staticmethod
    def refusing(reason):
        return pytest.raises(AssertionError, match=re.escape(reason))

    def _run(self, action, key, source, target):
        context = json.dumps(CONTEXT)
        told = run(self.signed, "node", self.program, action, key, context, source, target)
        assert CONTEXT.items() <= told["context"].items()
        return told["keys"]


@pytest.mark.parametrize("writer", ["python", "javascript"])
def test_each_encryption_sdk_opens_what_the_other_sealed(signed, folder, writer, tmp_path, monkeypatch):
    python, javascript = Python(signed, monkeypatch), JavaScript(signed, folder)
    writer, reader = (python, javascript) if writer == "python" else (javascript, python)
    plain, sealed, opened = tmp_path / "plain", tmp_path / "sealed", tmp_path / "opened"
    plain.write_bytes(os.urandom(50_000))
    first, second = signed.key(), signed.key()
    alias = signed.alias(first, fresh_name("encryption-sdk"))

    # The message names the key's ARN, whatever name the writer used.
    assert writer.encrypt(signed.alias_arn(alias), plain, sealed) == [first.arn]
    signed.update_alias(AliasName=alias, TargetKeyId=second.id)
    for name in (first.arn, "discovery"):
        assert reader.decrypt(name, sealed, opened) == [first.arn]
        assert opened.read_bytes() == plain.read_bytes()
        opened.unlink()
    assert writer.encrypt(signed.alias_arn(alias), plain, sealed) == [second.arn]

    # A reader that is held to another key, and one whose key is disabled, get nothing.
    with reader.refusing("unencryptedDataKey has not been set"):
        reader.decrypt(first.arn, sealed, opened)
    signed.disable_key(KeyId=second.id)
    with reader.refusing(f"DisabledException: {second.arn} is disabled."):
        reader.decrypt("discovery", sealed, opened)
    assert not opened.exists()
