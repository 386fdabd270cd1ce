"""ReplicateKey (operations.md §3.11, §6.3)."""

import json

import pytest
from policies import allowing
from support import (
    IS_DISABLED,
    IS_PENDING_DELETION,
    IS_PENDING_IMPORT,
    OK,
    KeyOnlyReference,
    KeyStates,
    body_of,
    invalid,
    matching,
    bad,
    null,
    part,
    refused,
)

HOME, THERE, THIRD = "us-east-1", "eu-west-1", "ap-southeast-2"


def primary(kms, **parameters):
    return kms.key(MultiRegion=True, **parameters)


def replica(kms, key, region=THERE, **parameters):
    answer = kms.replicate_key(KeyId=key.id, ReplicaRegion=region, **parameters)
    return answer["ReplicaKeyMetadata"]


class TestReplicateKey(KeyOnlyReference, KeyStates):
    states = {
        "Enabled": OK,
        "Disabled": IS_DISABLED,
        "PendingDeletion": IS_PENDING_DELETION,
        "PendingImport": IS_PENDING_IMPORT,
    }

    def _prepared(self, kms, state="Enabled"):
        parameters = {"Origin": "EXTERNAL"} if state == "PendingImport" else {}
        key = primary(kms, **parameters)
        if state == "Disabled":
            kms.disable_key(KeyId=key.id)
        elif state == "PendingDeletion":
            kms.schedule_key_deletion(KeyId=key.id)
        return key, None

    def call(self, kms, key, given):
        return kms.replicate_key(KeyId=key, ReplicaRegion=THERE)


def test_the_answer_tells_of_a_key_that_is_creating(kms):
    key = primary(kms, Description="of the primary", Tags=[{"TagKey": "a", "TagValue": "1"}])
    answer = body_of(kms.replicate_key(KeyId=key.id, ReplicaRegion=THERE))
    assert set(answer) == {"ReplicaKeyMetadata", "ReplicaPolicy"}
    told = answer["ReplicaKeyMetadata"]
    arn = kms.at(THERE).key_arn(key.id)
    assert (told["KeyId"], told["Arn"]) == (key.id, arn)
    assert (told["KeyState"], told["Enabled"]) == ("Creating", False)
    assert "CurrentKeyMaterialId" not in told
    assert told["Description"] == ""
    assert told["MultiRegionConfiguration"] == {
        "MultiRegionKeyType": "REPLICA",
        "PrimaryKey": {"Arn": key.arn, "Region": HOME},
        "ReplicaKeys": [{"Arn": arn, "Region": THERE}],
    }
    now = kms.at(THERE).describe_key(KeyId=key.id)["KeyMetadata"]
    assert (now["KeyState"], now["Enabled"]) == ("Enabled", True)
    assert now["CurrentKeyMaterialId"] == key.metadata["CurrentKeyMaterialId"]
    assert now["MultiRegionConfiguration"] == told["MultiRegionConfiguration"]
    mine = kms.describe_key(KeyId=key.id)["KeyMetadata"]["MultiRegionConfiguration"]
    assert mine == told["MultiRegionConfiguration"] | {"MultiRegionKeyType": "PRIMARY"}


def test_what_is_independent_is_given_to_the_replica_alone(kms):
    key = primary(kms, Description="primary", Tags=[{"TagKey": "a", "TagValue": "1"}])
    policy = json.dumps(allowing(kms, Sid="replica"))
    tags = [{"TagKey": "b", "TagValue": "2"}]
    answer = kms.replicate_key(
        KeyId=key.id, ReplicaRegion=THERE, Description="replica", Policy=policy, Tags=tags
    )
    assert answer["ReplicaTags"] == tags
    assert answer["ReplicaPolicy"] == policy
    there = kms.at(THERE)
    assert there.describe_key(KeyId=key.id)["KeyMetadata"]["Description"] == "replica"
    assert there.get_key_policy(KeyId=key.id)["Policy"] == policy
    assert there.list_resource_tags(KeyId=key.id)["Tags"] == tags
    assert kms.list_resource_tags(KeyId=key.id)["Tags"] == [{"TagKey": "a", "TagValue": "1"}]
    there.disable_key(KeyId=key.id)
    assert kms.state(key) == "Enabled"
    kms.alias(key, "alias/only-here")
    assert there.entry("alias/only-here") is None
    assert [entry["KeyId"] for entry in there.list_keys()["Keys"]].count(key.id) == 1


def test_related_keys_open_what_either_made(kms):
    key = primary(kms)
    old = kms.encrypt(KeyId=key.id, Plaintext=b"before")["CiphertextBlob"]
    replica(kms, key)
    there = kms.at(THERE)
    assert there.decrypt(CiphertextBlob=old)["Plaintext"] == b"before"
    made = there.encrypt(KeyId=key.id, Plaintext=b"there", EncryptionContext={"a": "b"})
    answer = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "b"})
    assert (answer["Plaintext"], answer["KeyId"]) == (b"there", key.arn)
    answer = there.decrypt(CiphertextBlob=old, KeyId=there.key_arn(key.id))
    assert answer["KeyId"] == there.key_arn(key.id)


def test_a_key_of_one_region_is_not_replicated(kms):
    key = kms.key()
    with refused("UnsupportedOperationException", f"{key.arn} is not a multi-region primary key."):
        kms.replicate_key(KeyId=key.id, ReplicaRegion=THERE)


def test_a_replica_is_not_replicated(kms):
    key = primary(kms)
    replica(kms, key)
    there = kms.at(THERE)
    with refused(
        "UnsupportedOperationException",
        f"{there.key_arn(key.id)} is not a multi-region primary key.",
    ):
        there.replicate_key(KeyId=key.id, ReplicaRegion=THIRD)


def test_there_is_one_related_key_in_a_region(kms):
    key = primary(kms)
    replica(kms, key)
    for region in (HOME, THERE):
        with refused("AlreadyExistsException", part(kms.at(region).key_arn(key.id))):
            kms.replicate_key(KeyId=key.id, ReplicaRegion=region)
    kms.at(THERE).schedule_key_deletion(KeyId=key.id, PendingWindowInDays=7)
    with refused("AlreadyExistsException", part(kms.at(THERE).key_arn(key.id))):
        kms.replicate_key(KeyId=key.id, ReplicaRegion=THERE)


def test_a_region_of_another_partition_is_refused(kms):
    key = primary(kms)
    with refused("UnsupportedOperationException", part("cn-north-1")):
        kms.replicate_key(KeyId=key.id, ReplicaRegion="cn-north-1")


def test_the_constraints_of_the_parameters(kms):
    key = primary(kms)
    with invalid(null("replicaRegion")):
        kms.replicate_key(KeyId=key.id)
    with invalid(bad("replicaRegion", "x", matching(r"^([a-z]+-){2,3}\d+$"))):
        kms.replicate_key(KeyId=key.id, ReplicaRegion="x")


def test_tags_and_policies_are_judged_as_for_a_new_key(kms):
    key = primary(kms)
    twice = [{"TagKey": "a", "TagValue": "1"}] * 2
    with refused("TagException", "Duplicate tag keys"):
        kms.replicate_key(KeyId=key.id, ReplicaRegion=THERE, Tags=twice)
    with refused("MalformedPolicyDocumentException"):
        kms.replicate_key(KeyId=key.id, ReplicaRegion=THERE, Policy="{}x")
    with refused("LimitExceededException"):
        kms.replicate_key(KeyId=key.id, ReplicaRegion=THERE, Policy="{}" + " " * 32_767)
    with refused("NotFoundException"):
        kms.at(THERE).describe_key(KeyId=key.id)


@pytest.mark.parametrize("regions", [[THERE, THIRD, "us-west-2"]])
def test_every_relative_knows_all_of_them(kms, regions):
    key = primary(kms)
    for region in regions:
        replica(kms, key, region)
    expected = {kms.at(region).key_arn(key.id) for region in regions}
    for region in [HOME, *regions]:
        told = kms.at(region).describe_key(KeyId=key.id)["KeyMetadata"]
        configuration = told["MultiRegionConfiguration"]
        assert {relative["Arn"] for relative in configuration["ReplicaKeys"]} == expected
        assert configuration["PrimaryKey"]["Region"] == HOME
