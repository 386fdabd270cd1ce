"""CreateGrant (operations.md §3.10, authorization.md §5)."""

import base64
import datetime
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from grants import entry, grant, user
from support import (
    ACCOUNT,
    DRY_RUN,
    IS_DISABLED,
    IS_PENDING_DELETION,
    IS_PENDING_IMPORT,
    OK,
    UNKNOWN_KEY,
    DryRun,
    GrantTokens,
    KeyOnlyOfAnyAccount,
    KeyStates,
    Server,
    at_least,
    at_most,
    bad,
    invalid,
    matching,
    null,
    pages,
    part,
    refused,
)

NAME = "^[a-zA-Z0-9:/_-]+$"
PRINCIPAL = r"^[\w+=,.@:/-]+$"
SOURCE = "arn:aws:s3:us-east-1:111122223333:bucket/x"


class TestCreateGrant(KeyOnlyOfAnyAccount, KeyStates, DryRun, GrantTokens):
    states = {
        "Enabled": OK,
        "Disabled": IS_DISABLED,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": IS_PENDING_IMPORT,
    }

    def call(self, kms, key, given, **more):
        return grant(kms, key, **more)


def test_the_answer_is_an_id_and_a_token(kms):
    made = grant(kms, kms.key())
    assert set(made) == {"GrantId", "GrantToken", "ResponseMetadata"}
    assert re.fullmatch("[0-9a-f]{64}", made["GrantId"])
    token = made["GrantToken"]
    assert re.fullmatch("[A-Za-z0-9_-]{100,8192}", token)
    # It tells its carrier nothing.
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert bytes.fromhex(made["GrantId"]) not in raw and b"us-east-1" not in raw


def test_everything_that_was_said_is_listed(kms):
    key = kms.key()
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=2)
    constraints = {"EncryptionContextSubset": {"Department": "IT", "ü": ""}}
    made = grant(
        kms, key, Name="workers", RetiringPrincipal=kms.root,
        Operations=["Decrypt", "Encrypt", "Decrypt"], Constraints=constraints,
    )  # fmt: skip
    told = entry(kms, key, made)
    assert before < told.pop("CreationDate") < before + datetime.timedelta(seconds=30)
    assert told == {
        "KeyId": key.arn,
        "GrantId": made["GrantId"],
        "Name": "workers",
        "GranteePrincipal": user(kms),
        "RetiringPrincipal": kms.root,
        "IssuingAccount": kms.root,
        "Operations": ["Decrypt", "Encrypt"],
        "Constraints": constraints,
    }


def test_what_was_not_said_is_not_listed(kms):
    key = kms.key()
    told = entry(kms, key, grant(kms, key))
    assert told["Name"] == ""
    assert not {"RetiringPrincipal", "Constraints", "GranteeServicePrincipal"} & set(told)


def test_without_a_name_each_call_makes_a_grant(kms):
    key = kms.key()
    ids = {grant(kms, key)["GrantId"] for _ in range(3)}
    assert len(ids) == 3 == len(kms.list_grants(KeyId=key.id)["Grants"])


def test_the_same_name_and_parameters_are_the_same_grant_with_a_new_token(kms):
    key = kms.key()
    first = grant(kms, key, Name="a")
    second = grant(kms, key, Name="a", Operations=["Decrypt", "Encrypt"])
    assert first["GrantId"] == second["GrantId"]
    assert first["GrantToken"] != second["GrantToken"]
    assert len(kms.list_grants(KeyId=key.id)["Grants"]) == 1
    # Both tokens stand for it.
    kms.retire_grant(GrantToken=second["GrantToken"])
    with refused("NotFoundException"):
        kms.retire_grant(GrantToken=first["GrantToken"])
    assert grant(kms, key, Name="a")["GrantId"] != first["GrantId"]


def test_the_same_name_with_anything_else_changed_is_another_grant(kms, stranger):
    key = kms.key()
    ids = [grant(kms, key, Name="a")["GrantId"]]
    for changed in (
        {"Name": "b"},
        {"Operations": ["Encrypt"]},
        {"GranteePrincipal": user(kms, "eve")},
        {"RetiringPrincipal": user(kms)},
        {"Constraints": {"EncryptionContextEquals": {"a": "b"}}},
        {"Constraints": {"EncryptionContextSubset": {"a": "b"}}},
        {"Constraints": {"EncryptionContextSubset": {"a": "c"}}},
        {"Constraints": {"SourceArn": SOURCE}},
    ):
        ids.append(grant(kms, key, **({"Name": "a"} | changed))["GrantId"])
    ids.append(grant(kms, kms.key(), Name="a")["GrantId"])
    # Another account issues another grant.
    same = {"GranteePrincipal": user(kms), "Name": "a"}
    ids.append(grant(stranger, key.arn, **same)["GrantId"])
    assert len(set(ids)) == len(ids)


def test_concurrent_calls_with_one_name_make_one_grant(kms):
    key = kms.key()
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: grant(kms, key, Name="busy"), range(64)))
    assert len({it["GrantId"] for it in made}) == 1
    assert len({it["GrantToken"] for it in made}) == 64
    assert len(kms.list_grants(KeyId=key.id)["Grants"]) == 1


def test_concurrent_calls_without_a_name_all_succeed(kms):
    key = kms.key()
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: grant(kms, key), range(64)))
    listed = pages(kms, "list_grants", "Grants", KeyId=key.id)
    assert {it["GrantId"] for it in listed} == {it["GrantId"] for it in made}
    assert len(listed) == 64


def test_a_dry_run_makes_no_grant(kms):
    key = kms.key()
    with refused("DryRunOperationException", DRY_RUN):
        grant(kms, key, Name="a", DryRun=True)
    assert kms.list_grants(KeyId=key.id)["Grants"] == []
    grant(kms, key, Name="a")
    with refused("DryRunOperationException", DRY_RUN):
        grant(kms, key, Name="a", DryRun=True)


@pytest.mark.parametrize(
    "principal",
    ["iam::{}:root", "iam::{}:user/a", "iam::{}:user/team/a", "iam::{}:role/x/Dev",
     "sts::{}:assumed-role/Dev/s1", "sts::{}:federated-user/fred"],
)  # fmt: skip
def test_these_can_be_named(kms, principal):
    key = kms.key()
    for account in (kms.account, "999988887777"):
        arn = f"arn:aws:{principal.format(account)}"
        told = entry(kms, key, grant(kms, key, GranteePrincipal=arn, RetiringPrincipal=arn))
        assert told["GranteePrincipal"] == told["RetiringPrincipal"] == arn


@pytest.mark.parametrize(
    "principal",
    ["bob", "111122223333", "logs.amazonaws.com", "AIDACKCEVSQ6C2EXAMPLE",
     "arn:aws:iam::111122223333:group/admins", "arn:aws:iam::1111:root",
     "arn:aws-cn:iam::111122223333:root", "arn:aws:iam::111122223333:user/",
     "arn:aws:kms:us-east-1:111122223333:key/" + UNKNOWN_KEY],
)  # fmt: skip
def test_others_cannot_be_named(kms, principal):
    key = kms.key()
    text = f"ARN does not refer to a valid principal: {principal}"
    with refused("InvalidArnException", text):
        grant(kms, key, GranteePrincipal=principal)
    with refused("InvalidArnException", text):
        grant(kms, key, RetiringPrincipal=principal)


def test_there_is_one_grantee_and_at_most_one_retiring_principal(kms):
    key = kms.key()
    one = "You must specify exactly one of GranteePrincipal and GranteeServicePrincipal."
    service = {"GranteeServicePrincipal": "logs.amazonaws.com"}
    both = {"RetiringPrincipal": kms.root, "RetiringServicePrincipal": "logs.amazonaws.com"}
    with refused("ValidationException", one):
        grant(kms, key, GranteePrincipal=...)
    with refused("ValidationException", one):
        grant(kms, key, **service)
    with refused("ValidationException", part("RetiringPrincipal and RetiringServicePrincipal")):
        grant(kms, key, **both)


def test_a_service_needs_a_source_and_a_retiring_principal(kms):
    key = kms.key()
    service = {"GranteePrincipal": ..., "GranteeServicePrincipal": "logs.amazonaws.com"}
    source = {"Constraints": {"SourceArn": SOURCE}}
    retiring = {"RetiringServicePrincipal": "logs.amazonaws.com"}
    for lacking in ({}, source, retiring):
        with refused("ValidationException", part("must have a SourceArn constraint")):
            grant(kms, key, **service, **lacking)
    for retiring in (retiring, {"RetiringPrincipal": kms.root}):
        told = entry(kms, key, grant(kms, key, **service, **source, **retiring))
        assert told["GranteeServicePrincipal"] == "logs.amazonaws.com"
        assert told["Constraints"] == {"SourceArn": SOURCE}
        assert "GranteePrincipal" not in told
        assert retiring.items() <= told.items()


SYMMETRIC = [
    "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom",
    "ReEncryptTo", "CreateGrant", "RetireGrant", "DescribeKey", "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
]  # fmt: skip


def test_operations_must_make_sense_for_the_key(kms):
    key = kms.key()
    told = entry(kms, key, grant(kms, key, Operations=SYMMETRIC))
    assert told["Operations"] == SYMMETRIC
    for operation in (
        "Sign", "Verify", "GetPublicKey", "GenerateMac", "VerifyMac", "DeriveSharedSecret",
        "Encapsulate", "Decapsulate",
    ):  # fmt: skip
        text = (
            f"Operation {operation} is not valid in a grant for a KMS key with key usage "
            "ENCRYPT_DECRYPT and key spec SYMMETRIC_DEFAULT."
        )
        with refused("ValidationException", text):
            grant(kms, key, Operations=["Encrypt", operation])
    with refused("ValidationException", "You must specify at least one grant operation."):
        grant(kms, key, Operations=[])
    with refused("ValidationException", part("Member must satisfy enum value set: ")):
        grant(kms, key, Operations=["ListGrants"])


def test_the_limits_of_context_constraints(kms):
    key = kms.key()
    eight = {str(number): "v" * 384 for number in range(8)}
    for form in ("EncryptionContextEquals", "EncryptionContextSubset"):
        told = entry(kms, key, grant(kms, key, Constraints={form: eight}))
        assert told["Constraints"] == {form: eight}
        for pairs in ({}, eight | {"ninth": ""}):
            with refused("ValidationException", part("must have 1 to 8 encryption context pairs")):
                grant(kms, key, Constraints={form: pairs})
        with refused("ValidationException", part("must not have more than 384 characters")):
            grant(kms, key, Constraints={form: {"a": "v" * 385}})
    both = {"EncryptionContextEquals": {"a": "b"}, "EncryptionContextSubset": {"a": "b"}}
    with refused("ValidationException", "A grant can have only one encryption context constraint."):
        grant(kms, key, Constraints=both)
    told = entry(kms, key, grant(kms, key, Constraints={}))
    assert "Constraints" not in told


def test_rules_of_parameters_come_before_the_state_and_after_the_key(kms):
    key = kms.key("Disabled")
    with refused("InvalidArnException"):
        grant(kms, key, GranteePrincipal="bob")
    with refused("ValidationException"):
        grant(kms, key, Operations=["Sign"])
    with refused("NotFoundException", kms.no_key(UNKNOWN_KEY)):
        grant(kms, UNKNOWN_KEY, GranteePrincipal="bob")


def test_the_issuing_account_is_the_callers(kms, stranger):
    key = stranger.key()
    made = grant(kms, key.arn, GranteePrincipal=user(kms))
    told = entry(stranger, key, made)
    assert told["IssuingAccount"] == kms.root
    assert told["KeyId"] == key.arn


def test_the_constraints_of_the_model(kms):
    key = kms.key()
    with invalid(null("keyId"), null("operations")):
        kms.create_grant()
    for path, member, pattern, most in (
        ("name", "Name", NAME, 256),
        ("granteePrincipal", "GranteePrincipal", PRINCIPAL, 256),
        ("retiringPrincipal", "RetiringPrincipal", PRINCIPAL, 256),
    ):
        with invalid(bad(path, "", at_least(1)), bad(path, "", matching(pattern))):
            grant(kms, key, **{member: ""})
        with invalid(bad(path, "n" * (most + 1), at_most(most))):
            grant(kms, key, **{member: "n" * (most + 1)})
        with invalid(bad(path, "a b", matching(pattern))):
            grant(kms, key, **{member: "a b"})
    grant(kms, key, Name="a:/_-" + "9" * 251)


def test_the_key_of_an_aws_service_can_have_grants(kms):
    kms.describe_key(KeyId="alias/aws/ebs")
    key = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["KeyId"]
    made = grant(kms, key)
    kms.revoke_grant(KeyId=key, GrantId=made["GrantId"])


@pytest.mark.timeout(600)
def test_a_key_has_fifty_thousand_grants_and_no_more(tmp_path):
    quota = 50_000
    # Without a disk it takes seconds.
    with Server(["dev", "--listen", "127.0.0.1:0", "--in-memory"], tmp_path) as server:
        kms = server.service(ACCOUNT)
        key, other = kms.key(), kms.key()
        parameters = {"KeyId": key.id, "GranteePrincipal": kms.root, "Operations": ["Encrypt"]}
        with server.raw(timeout=60) as raw:
            for _ in range(quota - 1):
                answer = raw.call("CreateGrant", parameters)
                assert answer.status == 200, answer.body
        last = kms.create_grant(**parameters)["GrantId"]
        full = (
            f"Grants per key quota for this account in this region is {quota}, current usage is"
            f" {quota}."
        )
        with refused("LimitExceededException", full):
            kms.create_grant(**parameters)
        kms.create_grant(**parameters | {"KeyId": other.id})
        kms.revoke_grant(KeyId=key.id, GrantId=last)
        kms.create_grant(**parameters)
