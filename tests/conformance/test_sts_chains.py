"""Default credential chains against STS: nothing is told to the clients but their settings
(authorization.md §7.2).
"""

import json
import os
import subprocess
import sys

import boto3
import botocore.config
import pytest
from support import REGION, Server, client_environment, tool

HERE = "111122223333"
SECRET = "a-secret-for-tests-only-0000000000000000"
ALICE = f"arn:aws:iam::{HERE}:user/alice"
ROLE = f"arn:aws:iam::{HERE}:role/Dev"
SEED = {
    "accounts": {
        HERE: {
            "users": {"alice": {"access_keys": [{"id": "AKIAALICE00000000001", "secret": SECRET}]}},
            "roles": {
                "Dev": {
                    "trust": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Principal": {"AWS": ALICE},
                                "Action": "sts:AssumeRole",
                                "Condition": {"StringEqualsIfExists": {"sts:ExternalId": "handshake"}},
                            }
                        ],
                    }
                }
            },
        }
    }
}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    directory = tmp_path_factory.mktemp("chains")
    (directory / "seed.yaml").write_text(json.dumps(SEED))
    with Server.dev(directory / "data", "--enforce", "--seed", directory / "seed.yaml") as server:
        yield server


@pytest.fixture
def home(running, tmp_path):
    """An environment with the profiles of a developer, and no other credentials."""
    (tmp_path / "credentials").write_text(
        f"[alice]\naws_access_key_id = AKIAALICE00000000001\naws_secret_access_key = {SECRET}\n"
    )
    process = tmp_path / "process.py"
    process.write_text(
        "import boto3, json\n"
        "made = boto3.Session(profile_name='alice').client('sts').assume_role(\n"
        f"    RoleArn={ROLE!r}, RoleSessionName='process')['Credentials']\n"
        "print(json.dumps({'Version': 1, **made}, default=lambda date: date.isoformat()))\n"
    )
    (tmp_path / "config").write_text(
        f"[profile dev]\nrole_arn = {ROLE}\nsource_profile = alice\nrole_session_name = chain\n"
        f"external_id = handshake\nduration_seconds = 900\n"
        f"[profile wrong]\nrole_arn = {ROLE}\nsource_profile = alice\nexternal_id = other\n"
        f"[profile process]\ncredential_process = {sys.executable} {process}\n"
    )
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return plain | {
        "AWS_ENDPOINT_URL": running.endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }


def cli(environment, *arguments, fails=None):
    ran = subprocess.run(
        [tool("aws"), *arguments, "--output", "json"],
        env=environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    if fails:
        assert ran.returncode != 0 and fails in ran.stderr, ran.stderr
        return None
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_a_profile_with_a_role(home):
    who = cli(home, "sts", "get-caller-identity", "--profile", "dev")
    assert who["Arn"] == f"arn:aws:sts::{HERE}:assumed-role/Dev/chain"
    refusal = f"not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    cli(home, "sts", "get-caller-identity", "--profile", "wrong", fails=refusal)


def test_the_environment_with_a_session_token(home):
    made = cli(home, "sts", "assume-role", "--role-arn", ROLE, "--role-session-name", "s1",
               "--profile", "alice")["Credentials"]  # fmt: skip
    session = home | {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        "AWS_SESSION_TOKEN": made["SessionToken"],
    }
    assert cli(session, "sts", "get-caller-identity")["Arn"].endswith("assumed-role/Dev/s1")
    del session["AWS_SESSION_TOKEN"]
    cli(session, "sts", "get-caller-identity", fails="InvalidClientTokenId")


def test_a_credential_process(home):
    who = cli(home, "sts", "get-caller-identity", "--profile", "process")
    assert who["Arn"].endswith("assumed-role/Dev/process")


def test_get_session_token_on_the_command_line(home):
    made = cli(home, "sts", "get-session-token", "--duration-seconds", "900", "--profile", "alice")
    assert made["Credentials"]["AccessKeyId"].startswith("ASIA")


def test_boto_asks_again_when_a_session_is_about_to_end(home, monkeypatch):
    for name, value in home.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    session = boto3.Session(profile_name="dev")
    config = botocore.config.Config(retries={"total_max_attempts": 1})
    sts = session.client("sts", config=config)
    assert sts.get_caller_identity()["Arn"].endswith("assumed-role/Dev/chain")
    credentials = session.get_credentials()
    assert credentials.method == "assume-role"
    # A session of a quarter of an hour is one that botocore renews at every call.
    first = credentials.get_frozen_credentials()
    assert sts.get_caller_identity()["Arn"].endswith("assumed-role/Dev/chain")
    second = credentials.get_frozen_credentials()
    assert first.access_key != second.access_key
    assert sts.get_caller_identity()["Account"] == HERE


# --- Plain `dev`: everybody is who they say they are -----------------------------------------


def test_in_the_open_every_role_can_be_assumed(server):
    environment = client_environment(server.endpoint, HERE, REGION)
    elsewhere = "arn:aws:iam::444455556666:role/some/path/Undeclared"
    made = cli(environment, "sts", "assume-role", "--role-arn", elsewhere, "--role-session-name", "s1")
    assert made["AssumedRoleUser"]["Arn"] == "arn:aws:sts::444455556666:assumed-role/Undeclared/s1"
    credentials = made["Credentials"]
    session = environment | {
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
    }
    who = cli(session, "sts", "get-caller-identity")
    assert who == {
        "Account": "444455556666",
        "Arn": made["AssumedRoleUser"]["Arn"],
        "UserId": made["AssumedRoleUser"]["AssumedRoleId"],
    }
    key = cli(session, "kms", "create-key")["KeyMetadata"]
    assert key["AWSAccountId"] == "444455556666"
    cli(environment, "sts", "assume-role", "--role-arn", "arn:aws:iam::444455556666:user/alice",
        "--role-session-name", "s1", fails="Request ARN is invalid")  # fmt: skip
