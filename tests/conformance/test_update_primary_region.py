"""UpdatePrimaryRegion (operations.md §3.11, §6.3)."""

from support import (
    IS_DISABLED,
    IS_PENDING_IMPORT,
    KeyOnlyReference,
    bad,
    body_of,
    invalid,
    matching,
    null,
    part,
    refused,
)

HOME, THERE, THIRD = "us-east-1", "eu-west-1", "ap-southeast-2"


def related(kms, *regions):
    key = kms.key(MultiRegion=True)
    for region in regions:
        kms.replicate_key(KeyId=key.id, ReplicaRegion=region)
    return key


class TestUpdatePrimaryRegion(KeyOnlyReference):
    def _prepared(self, kms, state="Enabled"):
        return related(kms, THERE), None

    def call(self, kms, key, given):
        return kms.update_primary_region(KeyId=key, PrimaryRegion=THERE)


def kind(kms, key, region):
    told = kms.at(region).describe_key(KeyId=key.id)["KeyMetadata"]["MultiRegionConfiguration"]
    replicas = {relative["Region"] for relative in told["ReplicaKeys"]}
    return told["MultiRegionKeyType"], told["PrimaryKey"]["Region"], replicas


def test_the_replica_leads_and_the_primary_follows(kms):
    key = related(kms, THERE, THIRD)
    blob = kms.encrypt(KeyId=key.id, Plaintext=b"x")["CiphertextBlob"]
    assert body_of(kms.update_primary_region(KeyId=key.id, PrimaryRegion=THERE)) == {}
    assert kind(kms, key, THERE) == ("PRIMARY", THERE, {HOME, THIRD})
    assert kind(kms, key, HOME) == ("REPLICA", THERE, {HOME, THIRD})
    assert kind(kms, key, THIRD) == ("REPLICA", THERE, {HOME, THIRD})
    for region in (HOME, THERE, THIRD):
        assert kms.at(region).decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
        assert kms.at(region).state(key) == "Enabled" if region == HOME else True
    with refused("UnsupportedOperationException", part("is not a multi-region primary key.")):
        kms.update_primary_region(KeyId=key.id, PrimaryRegion=THIRD)
    kms.at(THERE).update_primary_region(KeyId=key.id, PrimaryRegion=HOME)
    assert kind(kms, key, HOME) == ("PRIMARY", HOME, {THERE, THIRD})


def test_rotation_goes_on_from_the_new_primary(kms):
    key = related(kms, THERE)
    kms.enable_key_rotation(KeyId=key.id, RotationPeriodInDays=100)
    before = body_of(kms.get_key_rotation_status(KeyId=key.id))
    there = kms.at(THERE)
    status = body_of(there.get_key_rotation_status(KeyId=key.id))
    assert status == before | {"KeyId": there.key_arn(key.id)}
    with refused("UnsupportedOperationException"):
        there.enable_key_rotation(KeyId=key.id)
    kms.update_primary_region(KeyId=key.id, PrimaryRegion=THERE)
    with refused("UnsupportedOperationException"):
        kms.enable_key_rotation(KeyId=key.id)
    there.rotate_key_on_demand(KeyId=key.id)
    blob = there.encrypt(KeyId=key.id, Plaintext=b"new")["CiphertextBlob"]
    answer = kms.decrypt(CiphertextBlob=blob)
    assert answer["Plaintext"] == b"new"
    current = kms.describe_key(KeyId=key.id)["KeyMetadata"]["CurrentKeyMaterialId"]
    assert answer["KeyMaterialId"] == current
    there.disable_key_rotation(KeyId=key.id)
    assert kms.get_key_rotation_status(KeyId=key.id)["KeyRotationEnabled"] is False


def test_the_state_of_either_key_decides(kms):
    key = related(kms, THERE)
    kms.disable_key(KeyId=key.id)
    with refused(IS_DISABLED[0], IS_DISABLED[1].format(arn=key.arn)):
        kms.update_primary_region(KeyId=key.id, PrimaryRegion=THERE)
    kms.enable_key(KeyId=key.id)
    there = kms.at(THERE)
    there.disable_key(KeyId=key.id)
    with refused(IS_DISABLED[0], IS_DISABLED[1].format(arn=there.key_arn(key.id))):
        kms.update_primary_region(KeyId=key.id, PrimaryRegion=THERE)


def test_a_primary_that_is_to_be_deleted_stays_the_primary(kms):
    key = related(kms, THERE)
    kms.schedule_key_deletion(KeyId=key.id)
    with refused("KMSInvalidStateException", f"{key.arn} is pending replica deletion."):
        kms.update_primary_region(KeyId=key.id, PrimaryRegion=THERE)


def test_there_has_to_be_a_replica(kms):
    key = related(kms)
    there = kms.at(THERE)
    with refused("NotFoundException", there.no_key(key.id)):
        kms.update_primary_region(KeyId=key.id, PrimaryRegion=THERE)
    with refused("UnsupportedOperationException", part("primary")):
        kms.update_primary_region(KeyId=key.id, PrimaryRegion=HOME)


def test_the_constraints_of_the_parameters(kms):
    key = related(kms)
    with invalid(null("primaryRegion")):
        kms.update_primary_region(KeyId=key.id)
    with invalid(bad("primaryRegion", "x", matching(r"^([a-z]+-){2,3}\d+$"))):
        kms.update_primary_region(KeyId=key.id, PrimaryRegion="x")
