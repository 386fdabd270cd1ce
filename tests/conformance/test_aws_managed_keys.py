"""Keys that AWS makes and manages, and their aliases `alias/aws/…` (decisions.md 19)."""

import json

import pytest
from support import fresh_name, no_resource_policy, pages, refused

NAME = "alias/aws/s3"


def managed(kms):
    return kms.describe_key(KeyId=NAME)["KeyMetadata"]


USES = {
    "DescribeKey": lambda kms: kms.describe_key(KeyId=NAME)["KeyMetadata"]["Arn"],
    "Encrypt": lambda kms: kms.encrypt(KeyId=NAME, Plaintext=b"x")["KeyId"],
    "GenerateDataKey": lambda kms: kms.generate_data_key(KeyId=NAME, KeySpec="AES_256")["KeyId"],
    "GenerateDataKeyWithoutPlaintext": lambda kms: (
        kms.generate_data_key_without_plaintext(KeyId=NAME, KeySpec="AES_256")["KeyId"]
    ),
    "ReEncrypt": lambda kms: kms.re_encrypt(
        CiphertextBlob=kms.encrypt(KeyId=kms.key().id, Plaintext=b"x")["CiphertextBlob"],
        DestinationKeyId=NAME,
    )["KeyId"],
}


@pytest.mark.parametrize("use", USES)
def test_the_first_use_of_the_alias_makes_the_key(fresh, use):
    assert fresh.entry(NAME) is None
    arn = USES[use](fresh)
    entry = fresh.entry(NAME)
    assert entry["AliasArn"] == fresh.alias_arn(NAME)
    assert arn == fresh.key_arn(entry["TargetKeyId"])
    assert arn in [key["KeyArn"] for key in fresh.list_keys()["Keys"]]
    # Later uses are of the same key.
    for again in USES.values():
        assert again(fresh) == arn


def test_the_alias_arn_makes_it_too(fresh):
    arn = fresh.describe_key(KeyId=fresh.alias_arn(NAME))["KeyMetadata"]["Arn"]
    assert fresh.key_arn(fresh.target(NAME)) == arn


def test_what_is_not_a_first_use_makes_nothing(fresh):
    with refused("InvalidArnException"):
        fresh.get_key_policy(KeyId=NAME)
    with refused("NotAuthorizedException", None):
        fresh.delete_alias(AliasName=NAME)
    assert pages(fresh, "list_aliases", "Aliases") == []
    assert pages(fresh, "list_keys", "Keys") == []


def test_a_service_that_is_not_known_has_no_key(fresh):
    name = "alias/aws/no-such-service"
    with refused("NotFoundException", fresh.no_alias(name)):
        fresh.describe_key(KeyId=name)
    assert fresh.entry(name) is None


def test_its_metadata(fresh):
    metadata = managed(fresh)
    assert metadata["KeyManager"] == "AWS"
    assert metadata["KeyState"] == "Enabled"
    assert metadata["KeySpec"] == "SYMMETRIC_DEFAULT"
    assert metadata["Origin"] == "AWS_KMS"
    assert metadata["MultiRegion"] is False


def test_each_account_and_region_has_its_own(fresh, stranger):
    arns = {managed(place)["Arn"] for place in (fresh, fresh.at("eu-west-1"), stranger)}
    assert len(arns) == 3


def test_it_encrypts_and_decrypts_for_its_account(fresh):
    blob = fresh.encrypt(KeyId=NAME, Plaintext=b"secret")["CiphertextBlob"]
    assert fresh.decrypt(CiphertextBlob=blob)["Plaintext"] == b"secret"
    assert fresh.decrypt(CiphertextBlob=blob, KeyId=NAME)["Plaintext"] == b"secret"


def test_its_policy_speaks_to_the_callers_of_its_account(fresh):
    policy = json.loads(fresh.get_key_policy(KeyId=managed(fresh)["KeyId"])["Policy"])
    conditions = json.dumps(policy)
    assert "kms:CallerAccount" in conditions
    assert fresh.account in conditions


REFUSED = {
    "CreateAlias": lambda kms, key: kms.create_alias(AliasName=fresh_name(), TargetKeyId=key),
    "UpdateAlias": lambda kms, key: kms.update_alias(
        AliasName=kms.alias(kms.key()), TargetKeyId=key
    ),
    "DisableKey": lambda kms, key: kms.disable_key(KeyId=key),
    "EnableKey": lambda kms, key: kms.enable_key(KeyId=key),
    "ScheduleKeyDeletion": lambda kms, key: kms.schedule_key_deletion(KeyId=key),
    "CancelKeyDeletion": lambda kms, key: kms.cancel_key_deletion(KeyId=key),
    "PutKeyPolicy": lambda kms, key: kms.put_key_policy(
        KeyId=key, Policy=json.dumps({"Version": "2012-10-17", "Statement": []})
    ),
    "UpdateKeyDescription": lambda kms, key: kms.update_key_description(KeyId=key, Description="x"),
    "TagResource": lambda kms, key: kms.tag_resource(
        KeyId=key, Tags=[{"TagKey": "a", "TagValue": "b"}]
    ),
    "UntagResource": lambda kms, key: kms.untag_resource(KeyId=key, TagKeys=["a"]),
}


@pytest.mark.parametrize("operation", REFUSED)
def test_its_policy_lets_nobody_change_it(kms, operation):
    before = managed(kms)
    for form in ("KeyId", "Arn"):
        with refused(
            "AccessDeniedException",
            no_resource_policy(kms.root, f"kms:{operation}", before["Arn"]),
        ):
            REFUSED[operation](kms, before[form])
    assert managed(kms) == before


def test_the_root_may_look_at_it(kms):
    key = managed(kms)["KeyId"]
    assert kms.list_key_policies(KeyId=key)["PolicyNames"] == ["default"]
    assert kms.list_resource_tags(KeyId=key)["Tags"] == []
    assert [entry["AliasName"] for entry in kms.list_aliases(KeyId=key)["Aliases"]] == [NAME]


def test_another_account_may_not_use_it(kms, stranger):
    with refused("AccessDeniedException"):
        stranger.encrypt(KeyId=managed(kms)["Arn"], Plaintext=b"x")
