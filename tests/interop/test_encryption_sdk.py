"""The AWS Encryption SDK for Python and its CLI, unmodified, on a file of 50 MB.

The story of the first issue: a real file is encrypted under an alias, the alias moves to a new
key, and the old file still decrypts; the server starts again, and it still does.
"""

import hashlib
import json
import os
import subprocess

import aws_encryption_sdk
import boto3
import botocore.session
import pytest
from support import ACCOUNT, REGION, Server, client_environment, fresh_name, refused, tool

SIZE = 50 * 1024 * 1024
CONTEXT = {"purpose": "interop", "file": "fifty megabytes"}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("file") / "plain.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def digest(path):
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Sdk:
    """The SDK as its documentation uses it; only the endpoint is ours, from the environment."""

    def __init__(self, server, monkeypatch):
        for name, value in client_environment(server.endpoint).items():
            monkeypatch.setenv(name, value)
        self.client = aws_encryption_sdk.EncryptionSDKClient()

    def encrypt(self, key, source, target):
        provider = aws_encryption_sdk.StrictAwsKmsMasterKeyProvider(key_ids=[key])
        with open(source, "rb") as plain, open(target, "wb") as sealed:
            with self.client.stream(
                mode="e", source=plain, key_provider=provider, encryption_context=CONTEXT
            ) as stream:
                for chunk in stream:
                    sealed.write(chunk)
        return stream.header

    def decrypt(self, source, target, key_ids=None):
        provider = (
            aws_encryption_sdk.StrictAwsKmsMasterKeyProvider(key_ids=key_ids)
            if key_ids
            else aws_encryption_sdk.DiscoveryAwsKmsMasterKeyProvider()
        )
        with open(source, "rb") as sealed, open(target, "wb") as plain:
            with self.client.stream(mode="d", source=sealed, key_provider=provider) as stream:
                for chunk in stream:
                    plain.write(chunk)
        return stream.header


@pytest.mark.timeout(240)
def test_a_file_outlives_its_alias_and_the_process(file, data, tmp_path, monkeypatch):
    alias = fresh_name("files")
    alias_arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:{alias}"
    sealed, opened = tmp_path / "sealed", tmp_path / "opened"
    with Server.dev(data) as server:
        kms = server.service()
        first, second = kms.key(), kms.key()
        kms.create_alias(AliasName=alias, TargetKeyId=first.id)
        sdk = Sdk(server, monkeypatch)
        header = sdk.encrypt(alias_arn, file, sealed)
        # The SDK wrote down the key's ARN, though it was given an alias.
        [data_key] = header.encrypted_data_keys
        assert data_key.key_provider.key_info == first.arn.encode()
        assert file.read_bytes()[:64] not in sealed.read_bytes()
        header = sdk.decrypt(sealed, opened)
        assert CONTEXT.items() <= header.encryption_context.items()
        assert digest(opened) == digest(file)

        # The alias moves: new files are under the new key, the old one still opens.
        kms.update_alias(AliasName=alias, TargetKeyId=second.id)
        small = tmp_path / "small"
        small.write_bytes(b"after the move")
        header = sdk.encrypt(alias_arn, small, tmp_path / "small.sealed")
        [data_key] = header.encrypted_data_keys
        assert data_key.key_provider.key_info == second.arn.encode()
        sdk.decrypt(sealed, opened)
        assert digest(opened) == digest(file)

    with Server.dev(data) as server:
        sdk = Sdk(server, monkeypatch)
        sdk.decrypt(sealed, opened, key_ids=[first.arn])
        assert digest(opened) == digest(file)
        sdk.decrypt(tmp_path / "small.sealed", opened)
        assert opened.read_bytes() == b"after the move"

        # Without its key the file is closed.
        server.service().disable_key(KeyId=first.id)
        with pytest.raises(aws_encryption_sdk.exceptions.AWSEncryptionSDKClientError):
            sdk.decrypt(sealed, opened)


@pytest.mark.timeout(240)
def test_the_command_line_tool(file, data, tmp_path):
    alias = fresh_name("cli")
    alias_arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:{alias}"
    sealed, opened = tmp_path / "plain.bin.sealed", tmp_path / "plain.bin"
    context = [f"{name}={value}" for name, value in CONTEXT.items()]

    def run(server, *arguments):
        ran = subprocess.run(
            [tool("aws-encryption-cli"), *map(str, arguments), "--suppress-metadata"],
            env=client_environment(server.endpoint), capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran

    def decrypt(server, *keys):
        opened.unlink(missing_ok=True)
        run(server, "--decrypt", "--input", sealed, "--output", opened, "--wrapping-keys", *keys,
            "--encryption-context", *context)  # fmt: skip
        assert digest(opened) == digest(file)

    with Server.dev(data) as server:
        kms = server.service()
        first, second = kms.key(), kms.key()
        kms.create_alias(AliasName=alias, TargetKeyId=first.id)
        run(server, "--encrypt", "--input", file, "--output", sealed,
            "--wrapping-keys", f"key={alias_arn}", "--encryption-context", *context)  # fmt: skip
        assert sealed.stat().st_size > SIZE
        decrypt(server, "discovery=true")
        kms.update_alias(AliasName=alias, TargetKeyId=second.arn)
        decrypt(server, f"key={first.arn}")
    with Server.dev(data) as server:
        decrypt(server, "discovery=true")


def test_update_alias_as_the_documentation_has_it(data, monkeypatch):
    """The example of the boto3 documentation, as it stands."""
    key_id = "1234abcd-12ab-34cd-56ef-1234567890ab"
    seed = data.parent / "seed.yaml"
    seed.write_text(
        json.dumps(
            {
                "accounts": {
                    ACCOUNT: {
                        "regions": {
                            REGION: {
                                "keys": [
                                    {"id": key_id},
                                    {"id": "0987dcba-09fe-87dc-65ba-ab0987654321",
                                     "aliases": ["alias/ExampleAlias"]},
                                ]
                            }
                        }
                    }
                }
            }
        )
    )  # fmt: skip
    with Server.dev(data, "--seed", seed) as server:
        for name, value in client_environment(server.endpoint).items():
            monkeypatch.setenv(name, value)
        client = boto3.session.Session(botocore_session=botocore.session.Session()).client("kms")

        response = client.update_alias(
            # The alias that you want to update.
            AliasName='alias/ExampleAlias',
            # The identifier of the key that you want to associate with the alias.
            TargetKeyId='1234abcd-12ab-34cd-56ef-1234567890ab',
        )  # fmt: skip

        assert set(response) == {"ResponseMetadata"}
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert server.service().target("alias/ExampleAlias") == key_id


def test_a_strict_provider_and_the_wrong_alias(data, monkeypatch, tmp_path):
    """After UpdateAlias, who names the alias for an old ciphertext hears IncorrectKeyException."""
    with Server.dev(data) as server:
        kms = server.service()
        first, second = kms.key(), kms.key()
        name = kms.alias(first)
        blob = kms.encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"]
        kms.update_alias(AliasName=name, TargetKeyId=second.id)
        with refused("IncorrectKeyException"):
            kms.decrypt(KeyId=kms.alias_arn(name), CiphertextBlob=blob)
