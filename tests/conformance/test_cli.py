"""The newcomer's tour with the unmodified AWS CLI.

One story of about twenty-five commands, because each takes most of a second: every step uses what
the steps before it made.
"""

import base64
import json
import re
import subprocess

import pytest
from support import account_of, client_environment, tool

UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def aws(server):
    environment = client_environment(server.endpoint, account_of("the tour"), "eu-west-3")

    def run(*arguments, fails=None, output="json"):
        ran = subprocess.run(
            [tool("aws"), *arguments, "--output", output],
            env=environment, capture_output=True, text=True, timeout=30,
        )  # fmt: skip
        if fails:
            assert ran.returncode != 0
            assert fails in ran.stderr, ran.stderr
            return None
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout) if ran.stdout.strip() and output == "json" else ran.stdout

    return run


@pytest.mark.timeout(180)
def test_the_tour(aws, tmp_path):
    def kms(*arguments, **how):
        return aws("kms", *arguments, **how)

    who = aws("sts", "get-caller-identity")
    assert who["Arn"] == f"arn:aws:iam::{who['Account']}:root"

    # A key, described and tagged.
    key = kms("create-key", "--description", "my first key", "--tags", "TagKey=team,TagValue=red")
    key = key["KeyMetadata"]
    assert UUID.fullmatch(key["KeyId"])
    assert key["Arn"].startswith("arn:aws:kms:eu-west-3:")
    assert kms("tag-resource", "--key-id", key["KeyId"], "--tags", "TagKey=env,TagValue=dev") == ""
    tags = kms("list-resource-tags", "--key-id", key["KeyId"])["Tags"]
    assert {tag["TagKey"]: tag["TagValue"] for tag in tags} == {"team": "red", "env": "dev"}
    kms("untag-resource", "--key-id", key["KeyId"], "--tag-keys", "env")
    policy = kms(
        "get-key-policy", "--key-id", key["KeyId"], "--policy-name", "default", output="text"
    )
    assert json.loads(policy.rsplit("}", 1)[0] + "}")["Id"] == "key-default-1"

    # An alias, and a secret under it.
    assert kms("create-alias", "--alias-name", "alias/tour", "--target-key-id", key["KeyId"]) == ""
    (tmp_path / "secret").write_bytes(b"what nobody may know \x00\xff")
    context = ("--encryption-context", "purpose=tour,step=1")
    blob = kms(
        "encrypt", "--key-id", "alias/tour", "--plaintext", f"fileb://{tmp_path}/secret", *context,
        "--query", "CiphertextBlob", output="text",
    )  # fmt: skip
    (tmp_path / "sealed").write_bytes(base64.b64decode(blob))
    opened = kms("decrypt", "--ciphertext-blob", f"fileb://{tmp_path}/sealed", *context)
    assert base64.b64decode(opened["Plaintext"]) == b"what nobody may know \x00\xff"
    assert opened["KeyId"] == key["Arn"]
    kms(
        "decrypt", "--ciphertext-blob", f"fileb://{tmp_path}/sealed",
        fails="An error occurred (InvalidCiphertextException)",
    )  # fmt: skip

    # The alias moves, and what was sealed before still opens.
    other = kms("create-key", "--multi-region")["KeyMetadata"]
    assert kms("update-alias", "--alias-name", "alias/tour", "--target-key-id", other["Arn"]) == ""
    [entry] = kms("list-aliases")["Aliases"]
    assert (entry["AliasName"], entry["TargetKeyId"]) == ("alias/tour", other["KeyId"])
    assert kms("describe-key", "--key-id", "alias/tour")["KeyMetadata"]["Arn"] == other["Arn"]
    assert kms("decrypt", "--ciphertext-blob", f"fileb://{tmp_path}/sealed", *context) == opened
    moved = kms(
        "re-encrypt", "--ciphertext-blob", f"fileb://{tmp_path}/sealed",
        "--source-encryption-context", "purpose=tour,step=1", "--destination-key-id", "alias/tour",
    )  # fmt: skip
    assert (moved["SourceKeyId"], moved["KeyId"]) == (key["Arn"], other["Arn"])
    kms(
        "update-alias", "--alias-name", "alias/nowhere", "--target-key-id", key["KeyId"],
        fails="An error occurred (NotFoundException) when calling the UpdateAlias operation: "
        f"Alias {entry['AliasArn'].replace('alias/tour', 'alias/nowhere')} is not found.",
    )  # fmt: skip

    # Data keys, and the key's life.
    data_key = kms("generate-data-key", "--key-id", "alias/tour", "--key-spec", "AES_256")
    assert len(base64.b64decode(data_key["Plaintext"])) == 32
    kms("disable-key", "--key-id", key["KeyId"])
    kms(
        "encrypt", "--key-id", key["KeyId"], "--plaintext", f"fileb://{tmp_path}/secret",
        fails=f"(DisabledException) when calling the Encrypt operation: {key['Arn']} is disabled.",
    )  # fmt: skip
    deleted = kms(
        "schedule-key-deletion", "--key-id", key["KeyId"], "--pending-window-in-days", "7"
    )
    assert deleted["KeyState"] == "PendingDeletion"
    assert kms("cancel-key-deletion", "--key-id", key["KeyId"])["KeyId"] == key["Arn"]
    assert kms("delete-alias", "--alias-name", "alias/tour") == ""
    assert kms("list-aliases")["Aliases"] == []
    listed = kms("list-keys", "--page-size", "1")["Keys"]
    assert [entry["KeyId"] for entry in listed] == sorted([key["KeyId"], other["KeyId"]])
