"""Temporary credentials (authorization.md §1.5 rows 17 and 18, §7.3), through boto3.

Who may assume a role is said by its trust policy and, unless that names the caller in its own
account, by the caller's own policies. Everything is asked of a server that enforces it.
"""

import base64
import datetime
import json
import re
import threading

import boto3
import httpx
import pytest
import sigv4
from botocore.exceptions import ClientError
from support import REGION, Server, boto_client, journal, strongroom

HERE, THERE = "111122223333", "444455556666"
SECRET = "a-secret-for-tests-only-0000000000000000"


def allow(principal, *actions, **condition):
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions or ["sts:AssumeRole"])}
    if condition:
        statement["Condition"] = condition
    return statement


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def user(name, account=HERE):
    return {"AWS": f"arn:aws:iam::{account}:user/{name}"}


def role_arn(name, account=HERE):
    return f"arn:aws:iam::{account}:role/{name}"


ALICE, ROOT_HERE = user("alice"), {"AWS": f"arn:aws:iam::{HERE}:root"}
MAY_ASSUME = policy({"Effect": "Allow", "Action": "sts:*", "Resource": "*"})
EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "our:1"}}
SEED = {
    "accounts": {
        HERE: {
            "root": {"access_keys": [{"id": "AKIAROOT111122223333", "secret": SECRET}]},
            "users": {
                "alice": {"access_keys": [{"id": "AKIAALICE00000000001", "secret": SECRET}]},
                "bob": {
                    "access_keys": [{"id": "AKIABOB0000000000001", "secret": SECRET}],
                    "policies": {"assume": MAY_ASSUME},
                },
                "dora": {
                    "access_keys": [{"id": "AKIADORA000000000001", "secret": SECRET}],
                    "policies": {
                        "never": policy({"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"})
                    },
                },
            },
            "roles": {
                "Named": {
                    "tags": {"team": "blue"},
                    "trust": policy(
                        allow({"AWS": [ALICE["AWS"], user("dora")["AWS"]]}, "sts:AssumeRole")
                    ),
                },
                "Delegated": {"trust": policy(allow(ROOT_HERE, "sts:*"))},
                "Foreign": {"trust": policy(allow({"AWS": THERE}))},
                "Handshake": {"trust": policy(allow(ALICE, **EXTERNAL_ID))},
                "OwnName": {
                    "trust": policy(
                        allow(ALICE, StringEquals={"sts:RoleSessionName": "${aws:username}"})
                    )
                },
                "Tagged": {
                    "trust": policy(
                        allow(ALICE, "sts:AssumeRole", "sts:SetSourceIdentity"),
                        allow(ALICE, "sts:TagSession", StringEquals={"aws:RequestTag/team": ["red", "blue"]}),
                    )
                },
                "Everything": {
                    "trust": policy(allow({"AWS": "*"}, "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")),
                    "policies": {"assume": MAY_ASSUME},
                    "max_session_duration_seconds": 43200,
                },
                "Passing": {"trust": policy(allow(ALICE))},
                "InAFolder": {"path": "/team/", "trust": policy(allow(ALICE))},
            },
        },
        THERE: {
            "users": {
                "carol": {
                    "access_keys": [{"id": "AKIACAROL00000000001", "secret": SECRET}],
                    "policies": {"assume": MAY_ASSUME},
                },
                "dave": {"access_keys": [{"id": "AKIADAVE000000000001", "secret": SECRET}]},
            }
        },
    }
}
KEYS = {"root": "AKIAROOT111122223333", "alice": "AKIAALICE00000000001", "bob": "AKIABOB0000000000001",
        "carol": "AKIACAROL00000000001", "dave": "AKIADAVE000000000001",
        "dora": "AKIADORA000000000001"}  # fmt: skip
INVALID = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"


def start(directory):
    # JSON is YAML, too.
    (directory / "seed.yaml").write_text(json.dumps(SEED))
    return Server.dev(directory / "data", "--enforce", "--seed", directory / "seed.yaml")


@pytest.fixture(scope="module")
def server_of_sts(tmp_path_factory):
    with start(tmp_path_factory.mktemp("sts")) as running:
        yield running


@pytest.fixture
def sts(server_of_sts):
    def client(who):
        if isinstance(who, str):
            return boto_client("sts", server_of_sts.endpoint, KEYS[who], secret=SECRET)
        return session_client(server_of_sts, "sts", who)

    return client


def session_client(server, service, credentials, **changed):
    given = {
        "access_key": credentials["AccessKeyId"],
        "secret": credentials["SecretAccessKey"],
        "token": credentials["SessionToken"],
        **changed,
    }
    return boto_client(service, server.endpoint, region=REGION, **given)


def assume(client, role="Named", session="s1", **parameters):
    return client.assume_role(RoleArn=role_arn(role), RoleSessionName=session, **parameters)


class Refused:
    def __init__(self, code, message=None, status=400):
        self.expected, self.message = (code, status), message

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        assert kind and issubclass(kind, ClientError), f"{self.expected} expected, not {error!r}"
        told = error.response["Error"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert (told["Code"], status) == self.expected, told
        if isinstance(self.message, re.Pattern):
            assert self.message.search(told["Message"]), told
        elif self.message is not None:
            assert told["Message"] == self.message
        assert told["Type"] == "Sender"
        return True


def denied(who, action="sts:AssumeRole", role="Named"):
    role = role if role.startswith("arn:") else role_arn(role)
    message = f"User: {who} is not authorized to perform: {action} on resource: {role}"
    return Refused("AccessDenied", message, 403)


def arn_of(name, account=HERE):
    return f"arn:aws:iam::{account}:user/{name}"


# --- Whom a role trusts ----------------------------------------------------------------------


def test_a_caller_that_the_role_names_needs_nothing_of_its_own(sts):
    before = datetime.datetime.now(datetime.UTC)
    made = assume(sts("alice"))
    credentials = made["Credentials"]
    assert re.fullmatch("ASIA[A-Z2-7]{16}", credentials["AccessKeyId"])
    assert len(credentials["SecretAccessKey"]) == 40
    life = (credentials["Expiration"] - before).total_seconds()
    assert 3590 < life < 3610
    user = made["AssumedRoleUser"]
    assert user["Arn"] == f"arn:aws:sts::{HERE}:assumed-role/Named/s1"
    assert re.fullmatch("AROA[A-Z0-9]+:s1", user["AssumedRoleId"])
    assert "PackedPolicySize" not in made
    who = sts(credentials).get_caller_identity()
    assert (who["Account"], who["Arn"], who["UserId"]) == (HERE, user["Arn"], user["AssumedRoleId"])


def test_a_path_is_part_of_the_name_but_not_of_the_session(sts):
    made = sts("alice").assume_role(RoleArn=role_arn("team/InAFolder"), RoleSessionName="s1")
    assert made["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{HERE}:assumed-role/InAFolder/s1"
    with denied(arn_of("alice"), role="InAFolder"):
        assume(sts("alice"), "InAFolder")


def test_an_account_that_is_trusted_delegates(sts):
    assume(sts("bob"), "Delegated")
    with denied(arn_of("alice"), role="Delegated"):
        assume(sts("alice"), "Delegated")


def test_across_accounts_both_sides_have_to_allow_it(sts):
    assume(sts("carol"), "Foreign")
    with denied(arn_of("dave", THERE), role="Foreign"):
        assume(sts("dave"), "Foreign")
    with denied(arn_of("carol", THERE)):
        assume(sts("carol"))


def test_a_role_that_does_not_exist_is_one_that_is_forbidden(sts):
    with denied(arn_of("bob"), role="Named"):
        assume(sts("bob"), "Named")
    with denied(arn_of("bob"), role="Nobody"):
        assume(sts("bob"), "Nobody")
    nowhere = role_arn("Nobody", "999988887777")
    with denied(arn_of("bob"), role=nowhere):
        sts("bob").assume_role(RoleArn=nowhere, RoleSessionName="s1")


def test_an_explicit_deny_of_ones_own_counts_and_tells_nothing_of_the_role(sts):
    for role in ("Named", "Nobody"):
        message = (
            f"User: {arn_of('dora')} is not authorized to perform: sts:AssumeRole on resource: "
            f"{role_arn(role)} with an explicit deny in an identity-based policy"
        )
        with Refused("AccessDenied", message, 403):
            assume(sts("dora"), role)


def test_root_assumes_nothing(sts):
    with Refused("AccessDenied", "Roles may not be assumed by root accounts.", 403):
        assume(sts("root"), "Everything")


def test_the_external_id_has_to_be_the_one_agreed_on(sts):
    agreed = EXTERNAL_ID["StringEquals"]["sts:ExternalId"]
    assume(sts("alice"), "Handshake", ExternalId=agreed)
    for given in ({}, {"ExternalId": "other"}):
        with denied(arn_of("alice"), role="Handshake"):
            assume(sts("alice"), "Handshake", **given)


def test_the_name_of_the_session_can_be_asked_for(sts):
    assume(sts("alice"), "OwnName", "alice")
    with denied(arn_of("alice"), role="OwnName"):
        assume(sts("alice"), "OwnName", "bob")


# --- Tags, source identity, chaining ---------------------------------------------------------


def test_tags_need_a_permission_of_their_own(sts):
    red = [{"Key": "team", "Value": "red"}]
    made = assume(sts("alice"), "Tagged", Tags=red)
    assert 1 <= made["PackedPolicySize"] <= 100
    with denied(arn_of("alice"), "sts:TagSession", "Tagged"):
        assume(sts("alice"), "Tagged", Tags=[{"Key": "team", "Value": "green"}])
    with denied(arn_of("alice"), "sts:TagSession"):
        assume(sts("alice"), Tags=red)


def test_a_source_identity_needs_a_permission_and_stays(sts):
    made = assume(sts("alice"), "Tagged", SourceIdentity="alice")
    assert made["SourceIdentity"] == "alice"
    with denied(arn_of("alice"), "sts:SetSourceIdentity"):
        assume(sts("alice"), SourceIdentity="alice")

    first = assume(sts("alice"), "Everything", SourceIdentity="alice")["Credentials"]
    second = assume(sts(first), "Everything")
    assert second["SourceIdentity"] == "alice"
    already = "The source identity is already set for this assume role session"
    with Refused("ValidationError", already):
        assume(sts(first), "Everything", SourceIdentity="bob")
    session = f"arn:aws:sts::{HERE}:assumed-role/Everything/s1"
    with denied(session, role="Passing"):
        assume(sts(first), "Passing")


def test_transitive_tags_are_inherited_and_cannot_be_changed(sts):
    tags = [{"Key": "Team", "Value": "red"}, {"Key": "cost", "Value": "7"}]
    first = assume(sts("alice"), "Everything", Tags=tags, TransitiveTagKeys=["team"])["Credentials"]
    second = assume(sts(first), "Everything")
    assert second["PackedPolicySize"] >= 1
    conflict = (
        "One of the specified transitive tag keys can't be set because it conflicts with a "
        "transitive tag key from the calling session."
    )
    with Refused("InvalidParameterValue", conflict):
        assume(sts(first), "Everything", Tags=[{"Key": "TEAM", "Value": "blue"}])
    assume(sts(first), "Everything", Tags=[{"Key": "cost", "Value": "8"}])
    missing = "The specified transitive tag key must be included in the requested tags."
    with Refused("InvalidParameterValue", missing):
        assume(sts("alice"), "Everything", TransitiveTagKeys=["team"])
    twice = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    with Refused("InvalidParameterValue", twice):
        assume(sts("alice"), "Everything", Tags=[tags[0], {"Key": "TEAM", "Value": ""}])
    with Refused("InvalidParameterValue"):
        assume(sts("alice"), "Everything", Tags=[{"Key": "aws:x", "Value": ""}])


def test_a_session_of_a_session_lasts_an_hour_at_most(sts):
    first = assume(sts("alice"), "Everything", DurationSeconds=43200)["Credentials"]
    assume(sts(first), "Everything", DurationSeconds=3600)
    limit = (
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
        "chaining."
    )
    with Refused("ValidationError", limit):
        assume(sts(first), "Everything", DurationSeconds=3601)


def test_a_session_lasts_as_long_as_its_role_allows(sts):
    longer = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    with Refused("ValidationError", longer):
        assume(sts("alice"), DurationSeconds=3601)
    before = datetime.datetime.now(datetime.UTC)
    made = assume(sts("alice"), DurationSeconds=900)
    assert 890 < (made["Credentials"]["Expiration"] - before).total_seconds() < 910


# --- Session policies ------------------------------------------------------------------------


def test_a_session_policy_has_to_be_one(sts):
    read = json.dumps(policy({"Effect": "Allow", "Action": "kms:List*", "Resource": "*"}))
    made = assume(sts("alice"), Policy=read)
    assert 1 <= made["PackedPolicySize"] <= 100
    for wrong in (
        "{",
        "[]",
        json.dumps({"Version": "2012-10-17", "Statement": []}),
        json.dumps(policy(allow(ALICE, "kms:*") | {"Resource": "*"})),
        json.dumps(policy({"Effect": "Allow", "Action": "kms:*"})),
        read[:-1] + " " * 2048 + "}",
    ):
        with Refused("MalformedPolicyDocument"):
            assume(sts("alice"), Policy=wrong)
    with Refused("ValidationError", re.compile("does not exist or is not attachable")):
        assume(sts("alice"), PolicyArns=[{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}])


def test_what_a_session_carries_has_its_limit(sts):
    tags = [{"Key": f"key-{n}", "Value": "x" * 250} for n in range(20)]
    too_large = re.compile(r"^Packed size of session tags consumes 1\d\d% of allotted space\.$")
    with Refused("PackedPolicyTooLarge", too_large):
        assume(sts("alice"), "Everything", Tags=tags)
    read = json.dumps(policy({"Effect": "Allow", "Action": "kms:List*", "Resource": "*"}))
    too_large = re.compile(r"^Packed policy consumes 1\d\d% of allotted space, please use smaller policy\.$")
    with Refused("PackedPolicyTooLarge", too_large):
        assume(sts("alice"), "Everything", Tags=tags, Policy=read)
    fitting = assume(sts("alice"), "Everything", Tags=tags[:14])
    assert len(fitting["Credentials"]["SessionToken"]) < 8000
    assert sts(fitting["Credentials"]).get_caller_identity()["Account"] == HERE


# --- What a request has to look like ---------------------------------------------------------


def test_constraints_are_told_in_the_words_of_aws(sts):
    constraint = "failed to satisfy constraint: Member must"
    for parameters, expected in (
        ({"RoleSessionName": "x"},
         f"Value 'x' at 'roleSessionName' {constraint} have length greater than or equal to 2"),
        ({"RoleSessionName": "a b"},
         f"Value 'a b' at 'roleSessionName' {constraint} satisfy regular expression pattern: "
         r"[\w+=,.@-]*"),
        ({"DurationSeconds": 899},
         f"Value '899' at 'durationSeconds' {constraint} have value greater than or equal to 900"),
        ({"DurationSeconds": 43201},
         f"Value '43201' at 'durationSeconds' {constraint} have value less than or equal to 43200"),
        ({"ExternalId": "x"},
         f"Value 'x' at 'externalId' {constraint} have length greater than or equal to 2"),
        ({"SourceIdentity": "<b>"},
         f"Value '<b>' at 'sourceIdentity' {constraint} satisfy regular expression pattern: "
         r"[\w+=,.@-]*"),
        ({"RoleArn": "arn:aws:iam::1:x"},
         f"Value 'arn:aws:iam::1:x' at 'roleArn' {constraint} have length greater than or equal to 20"),
    ):  # fmt: skip
        wanted = {"RoleArn": role_arn("Named"), "RoleSessionName": "s1", **parameters}
        with Refused("ValidationError", f"1 validation error detected: {expected}"):
            sts("alice").assume_role(**wanted)
    for arn in (arn_of("alice"), "arn:aws:sts::111122223333:assumed-role/Named/s1"):
        with Refused("ValidationError", "Request ARN is invalid"):
            sts("alice").assume_role(RoleArn=arn, RoleSessionName="s1")
    with Refused("ValidationError", "no-arn-but-long-enough is invalid"):
        sts("alice").assume_role(RoleArn="no-arn-but-long-enough", RoleSessionName="s1")


def test_a_second_factor_that_nobody_has(sts):
    message = re.compile("^MultiFactorAuthentication failed, unable to validate MFA code")
    with Refused("AccessDenied", message, 403):
        assume(sts("alice"), SerialNumber="arn:aws:iam::111122223333:mfa/alice", TokenCode="123456")


# --- GetSessionToken -------------------------------------------------------------------------


def test_a_user_gets_credentials_for_a_while(sts):
    before = datetime.datetime.now(datetime.UTC)
    own = sts("alice").get_session_token()["Credentials"]
    assert 43190 < (own["Expiration"] - before).total_seconds() < 43210
    assert sts(own).get_caller_identity()["Arn"] == arn_of("alice")
    made = assume(sts(own))
    assert made["AssumedRoleUser"]["Arn"].endswith("assumed-role/Named/s1")
    role = made["Credentials"]
    again = Refused("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    for credentials in (own, role):
        with again:
            sts(credentials).get_session_token()
    with Refused("ValidationError"):
        sts("alice").get_session_token(DurationSeconds=129601)


def test_the_root_gets_an_hour(sts):
    before = datetime.datetime.now(datetime.UTC)
    own = sts("root").get_session_token(DurationSeconds=43200)["Credentials"]
    assert (own["Expiration"] - before).total_seconds() < 3610
    assert sts(own).get_caller_identity()["Arn"] == f"arn:aws:iam::{HERE}:root"


# --- At the door -----------------------------------------------------------------------------


def test_a_session_comes_in_only_whole_and_unforged(server_of_sts, sts):
    one, other = (assume(sts("alice"))["Credentials"] for _ in range(2))
    token = one["SessionToken"]
    middle = len(token) // 2
    forged = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
    for changed in (
        {"token": None},
        {"token": other["SessionToken"]},
        {"token": forged},
        {"token": token[:-4]},
        {"token": base64.b64encode(b"x" * 300).decode()},
        {"access_key": other["AccessKeyId"]},
        {"access_key": KEYS["alice"], "secret": SECRET},
    ):
        for service, code, status in (
            ("sts", "InvalidClientTokenId", 403),
            ("kms", "UnrecognizedClientException", 400),
        ):
            client = session_client(server_of_sts, service, one, **changed)
            call = client.get_caller_identity if service == "sts" else client.list_keys
            with pytest.raises(ClientError) as caught:
                call()
            answer = caught.value.response
            assert answer["Error"] == answer["Error"] | {"Code": code, "Message": INVALID}, changed
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    wrong = session_client(server_of_sts, "sts", one, secret=other["SecretAccessKey"])
    with Refused("SignatureDoesNotMatch", status=403):
        wrong.get_caller_identity()
    assert sts(one).get_caller_identity()["Account"] == HERE


def test_a_session_ends(tmp_path):
    with start(tmp_path) as server:
        alice = boto_client("sts", server.endpoint, KEYS["alice"], secret=SECRET)
        short = assume(alice, DurationSeconds=900)["Credentials"]
        own = alice.get_session_token(DurationSeconds=3600)["Credentials"]
        server.advance("14m")
        assert session_client(server, "sts", short).get_caller_identity()
        server.advance("2m")
        with Refused("ExpiredToken", EXPIRED, 403):
            session_client(server, "sts", short).get_caller_identity()
        with pytest.raises(ClientError) as caught:
            session_client(server, "kms", short).list_keys()
        answer = caught.value.response
        assert (answer["Error"]["Code"], answer["Error"]["Message"]) == ("ExpiredTokenException", EXPIRED)
        assert session_client(server, "sts", own).get_caller_identity()
        # What is new is told by the clock on the wall, which has not been moved.
        made = assume(alice, DurationSeconds=900)["Credentials"]
        left = made["Expiration"] - datetime.datetime.now(datetime.UTC)
        assert 890 < left.total_seconds() < 910
        assert session_client(server, "sts", made).get_caller_identity()


def test_sessions_survive_a_restart_and_end_with_their_role(tmp_path):
    with start(tmp_path) as server:
        alice = boto_client("sts", server.endpoint, KEYS["alice"], secret=SECRET)
        made = assume(alice, "Passing")["Credentials"]
    (tmp_path / "trust.json").write_text(json.dumps(policy(allow(ALICE))))
    with Server.dev(tmp_path / "data", "--enforce") as server:
        assert session_client(server, "sts", made).get_caller_identity()

        def identity(command, *arguments):
            strongroom("identity", command, "--data-dir", server.data_dir, "--account", HERE, *arguments)

        identity("delete-role", "--role-name", "Passing")
        with Refused("InvalidClientTokenId", INVALID, 403):
            session_client(server, "sts", made).get_caller_identity()
        # Another role of the same name is another role.
        identity("create-role", "--role-name", "Passing", "--assume-role-policy-document", tmp_path / "trust.json")
        with Refused("InvalidClientTokenId", INVALID, 403):
            session_client(server, "sts", made).get_caller_identity()
        alice = boto_client("sts", server.endpoint, KEYS["alice"], secret=SECRET)
        made = assume(alice, "Passing")["Credentials"]
        assert session_client(server, "sts", made).get_caller_identity()
        identity("revoke-sessions", "--role-name", "Passing")
        with Refused("ExpiredToken", EXPIRED, 403):
            session_client(server, "sts", made).get_caller_identity()


def test_many_at_once(sts):
    outcomes = []

    def run():
        made = assume(sts("alice"))["Credentials"]
        outcomes.append(sts(made).get_caller_identity()["Arn"])

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 16


# --- The journal -----------------------------------------------------------------------------


def test_every_call_is_recorded_and_no_secret_is(tmp_path):
    read = json.dumps(policy({"Effect": "Allow", "Action": "kms:List*", "Resource": "*"}))
    with start(tmp_path) as server:
        alice = boto_client("sts", server.endpoint, KEYS["alice"], secret=SECRET)
        carol = boto_client("sts", server.endpoint, KEYS["carol"], secret=SECRET)
        made = assume(alice, "Everything", Policy=read, Tags=[{"Key": "team", "Value": "red"}],
                      SourceIdentity="alice", DurationSeconds=900)  # fmt: skip
        credentials = made["Credentials"]
        session_client(server, "sts", credentials).get_caller_identity()
        own = alice.get_session_token()["Credentials"]
        foreign = assume(carol, "Foreign")
        with denied(arn_of("alice"), role="Nobody"):
            assume(alice, "Nobody")
        answer = asked(server, "alice", b"Action=Dance")
        assert answer.status_code == 400 and "<Code>InvalidAction</Code>" in answer.text
    lines = [json.loads(line) for line in journal(tmp_path / "data")]
    entries = [line for line in lines if line.get("eventSource") == "sts.amazonaws.com"]
    by_name = {}
    for entry in entries:
        by_name.setdefault(entry["eventName"], []).append(entry)
    first = by_name["AssumeRole"][0]
    assert first["requestParameters"] == {
        "roleArn": role_arn("Everything"), "roleSessionName": "s1", "durationSeconds": 900,
        "policy": read, "tags": [{"key": "team", "value": "red"}], "sourceIdentity": "alice",
    }  # fmt: skip
    told = first["responseElements"]
    assert told["assumedRoleUser"] == {
        "arn": made["AssumedRoleUser"]["Arn"], "assumedRoleId": made["AssumedRoleUser"]["AssumedRoleId"],
    }  # fmt: skip
    assert set(told["credentials"]) == {"accessKeyId", "expiration"}
    assert told["credentials"]["accessKeyId"] == credentials["AccessKeyId"]
    assert first["resources"] == [{"ARN": role_arn("Everything"), "accountId": HERE, "type": "AWS::IAM::Role"}]
    assert first["readOnly"] is True
    who = by_name["GetCallerIdentity"][0]["userIdentity"]
    assert who["type"] == "AssumedRole"
    assert who["sessionContext"]["sessionIssuer"]["arn"] == role_arn("Everything")
    assert who["sessionContext"]["sourceIdentity"] == "alice"
    assert by_name["GetSessionToken"][0]["responseElements"]["credentials"]["accessKeyId"] == own["AccessKeyId"]
    refused = [entry for entry in by_name["AssumeRole"] if entry.get("errorCode") == "AccessDenied"]
    assert len(refused) == 1
    assert refused[0]["errorMessage"].endswith(role_arn("Nobody"))
    # The owner of the role is told, too.
    pair = [entry for entry in by_name["AssumeRole"] if "sharedEventID" in entry]
    assert {entry["recipientAccountId"] for entry in pair} == {HERE, THERE}
    assert len({entry["sharedEventID"] for entry in pair}) == 1
    assert len({entry["eventID"] for entry in pair}) == 2
    assert foreign["Credentials"]["AccessKeyId"] in json.dumps(pair)
    assert by_name["Unknown"][0]["errorCode"] == "InvalidAction"
    written = json.dumps(lines)
    for given in (credentials, own, foreign["Credentials"]):
        assert given["SecretAccessKey"] not in written
        assert given["SessionToken"] not in written


def asked(server, who, form):
    """Sends a form as it is, signed."""
    headers = {
        "Host": f"{server.host}:{server.port}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    signed = sigv4.sign(headers, form, KEYS[who], SECRET, service="sts")
    return httpx.post(server.endpoint, content=form, headers=signed)


def test_forms_are_read_strictly(server_of_sts):
    whole = f"Action=AssumeRole&RoleArn={role_arn('Named')}&RoleSessionName=s1"
    assert asked(server_of_sts, "alice", whole.encode()).status_code == 200
    for form in ("&RoleSessionName=s1", "&Policy=%", "&Policy=%ff", "&Tags.member.0.Key=a", "&Tags.member.x.Key=a"):
        answer = asked(server_of_sts, "alice", (whole + form).encode())
        assert answer.status_code == 404, form
        assert "<Code>MalformedQueryString</Code>" in answer.text
    answer = asked(server_of_sts, "alice", (whole + "&SourceIdentity=%3Cb%3E%26").encode())
    assert "&lt;b&gt;&amp;" in answer.text and "<b>" not in answer.text
    assert answer.headers["content-type"] == "text/xml"


def test_presigned_requests_prove_an_identity_and_do_nothing_else(server_of_sts):
    session = boto3.session.Session()
    client = session.client(
        "sts", endpoint_url=server_of_sts.endpoint, region_name=REGION,
        aws_access_key_id=KEYS["alice"], aws_secret_access_key=SECRET,
    )  # fmt: skip
    url = client.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    answer = httpx.get(url)
    assert answer.status_code == 200 and arn_of("alice") in answer.text
    parameters = {"RoleArn": role_arn("Named"), "RoleSessionName": "s1"}
    url = client.generate_presigned_url("assume_role", parameters, HttpMethod="GET")
    answer = httpx.get(url)
    assert answer.status_code == 403 and "<Code>AccessDenied</Code>" in answer.text
