"""SOPS on a YAML file: encrypt, read, rotate the data key, move to another KMS key."""

import subprocess

import pytest
import yaml
from support import WRONG_KEY, fresh_name, tool

SECRETS = {"database": {"user": "strongroom", "password": "correct horse"}, "ports": [5432, 6432]}
CONTEXT = "purpose:interop,file:secrets"


class Sops:
    def __init__(self, signed, folder):
        self.signed = signed
        self.file = folder / "secrets.yaml"
        self.file.write_text(yaml.safe_dump(SECRETS))

    def __call__(self, *arguments, fails=False):
        ran = subprocess.run(
            [tool("sops"), "--disable-version-check", *map(str, arguments)],
            env=self.signed.environment() | {"SOPS_DISABLE_VERSION_CHECK": "true"},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert (ran.returncode != 0) == fails, f"{arguments}: {ran.stdout}{ran.stderr}"
        if not fails:
            return ran.stdout
        # SOPS breaks the service's sentence into lines, each behind a bar.
        return " ".join(ran.stderr.replace("|", " ").split())

    def encrypt(self, *keys):
        self("encrypt", "--in-place", "--kms", ",".join(keys), "--encryption-context", CONTEXT, self.file)
        assert "correct horse" not in self.file.read_text()

    def opened(self):
        return yaml.safe_load(self("decrypt", self.file))

    def keys(self):
        """What the file says of each KMS key: its name, and the data key under it."""
        return {key["arn"]: key["enc"] for key in yaml.safe_load(self.file.read_text())["sops"]["kms"]}


@pytest.fixture
def sops(signed, tmp_path):
    return Sops(signed, tmp_path)


def test_a_file_is_encrypted_and_its_data_key_rotated(signed, sops):
    key = signed.key()
    sops.encrypt(key.arn)
    assert sops.opened() == SECRETS
    before = sops.keys()
    assert set(before) == {key.arn}
    sops("rotate", "--in-place", sops.file)
    assert set(sops.keys()) == {key.arn} and sops.keys() != before
    assert sops.opened() == SECRETS
    sops("set", sops.file, '["database"]["password"]', '"battery staple"')
    assert sops.opened()["database"]["password"] == "battery staple"

    signed.disable_key(KeyId=key.id)
    assert f"DisabledException: {key.arn} is disabled." in sops("decrypt", sops.file, fails=True)


def test_a_file_moves_from_key_to_key(signed, sops):
    first, second = signed.key(), signed.key()
    sops.encrypt(first.arn)
    context = "--encryption-context", CONTEXT
    sops("rotate", "--in-place", *context, "--add-kms", second.arn, sops.file)
    assert set(sops.keys()) == {first.arn, second.arn}
    # Either key opens it.
    signed.disable_key(KeyId=first.id)
    assert sops.opened() == SECRETS
    signed.enable_key(KeyId=first.id)
    sops("rotate", "--in-place", *context, "--rm-kms", first.arn, sops.file)
    assert set(sops.keys()) == {second.arn}
    signed.disable_key(KeyId=first.id)
    assert sops.opened() == SECRETS


def test_an_alias_that_moved_no_longer_opens_the_file(signed, sops):
    """SOPS writes down the alias and names it in Decrypt."""
    first, second = signed.key(), signed.key()
    name = signed.alias(first, fresh_name("sops"))
    sops.encrypt(signed.alias_arn(name))
    assert set(sops.keys()) == {signed.alias_arn(name)}
    assert sops.opened() == SECRETS
    signed.update_alias(AliasName=name, TargetKeyId=second.id)
    assert f"IncorrectKeyException: {WRONG_KEY}" in sops("decrypt", sops.file, fails=True)
    signed.update_alias(AliasName=name, TargetKeyId=first.id)
    assert sops.opened() == SECRETS
